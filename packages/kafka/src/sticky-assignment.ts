/** What a member of the group says that it has: the partitions of its last assignment, and the generation of the group that gave them. */
export interface Claim {
  generation: number;
  partitions: readonly number[];
}

export interface ClaimingMember {
  id: string;
  /** None of a member that is new, or that speaks another form of the protocol. */
  claim?: Claim | undefined;
}

/**
 * Gives each partition to one member: as many to each as to any other, within one, and as many as that allows to the member that
 * has them already. Of two members that claim a partition the one of the higher generation has it, as in Kafka's StickyAssignor: the
 * other was away when it was given on. The answer depends on nothing but the arguments, whatever their order.
 */
export function assignSticky(members: readonly ClaimingMember[], partitions: readonly number[]): Map<string, number[]> {
  const ids = members.map(({ id }) => id).toSorted(byText);
  const assigned = new Map<string, number[]>(ids.map((id) => [id, []]));
  if (ids.length === 0) return assigned;
  const inOrder = partitions.toSorted((a, b) => a - b);
  const claimants = claimantsOf(members);
  for (const partition of inOrder) assigned.get(claimants.get(partition) ?? '')?.push(partition);

  const quotas = quotasOf(assigned, inOrder.length);
  const free = inOrder.filter((partition) => !claimants.has(partition));
  for (const [id, held] of assigned) free.push(...held.splice(quotas.get(id)!));
  free.sort((a, b) => a - b);
  for (const [id, held] of assigned) {
    held.push(...free.splice(0, quotas.get(id)! - held.length));
    held.sort((a, b) => a - b);
  }
  return assigned;
}

/** Who has a partition: the highest generation wins; of equal ones, which a group does not give, the lowest id. */
function claimantsOf(members: readonly ClaimingMember[]): Map<number, string> {
  const claimants = new Map<number, string>();
  const byGeneration = members.toSorted(
    (a, b) => (b.claim?.generation ?? 0) - (a.claim?.generation ?? 0) || byText(a.id, b.id),
  );
  for (const { id, claim } of byGeneration) {
    for (const partition of claim?.partitions ?? []) {
      if (!claimants.has(partition)) claimants.set(partition, id);
    }
  }
  return claimants;
}

/** How many each member gets. Those that have most get the one more that some must have: so the fewest move. */
function quotasOf(held: ReadonlyMap<string, readonly number[]>, partitionCount: number): Map<string, number> {
  const least = Math.floor(partitionCount / held.size);
  const withOneMore = partitionCount % held.size;
  const byHeld = [...held].toSorted(([a, ofA], [b, ofB]) => ofB.length - ofA.length || byText(a, b));
  return new Map(byHeld.map(([id], index) => [id, index < withOneMore ? least + 1 : least]));
}

function byText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
