import kafkajs, { type Cluster, type GroupMember, type PartitionAssigner } from 'kafkajs';
import { z } from 'zod';
import { assignSticky, type Claim } from './sticky-assignment.ts';

/** The protocol's name, on which all members must agree. Claims of another form than `claimSchema` need another name. */
export const stickyProtocol = 'tidemark-sticky';

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;
const version = 0;

/** Travels as JSON in the user data of the member's metadata. */
const claimSchema = z.object({
  generation: z.int().min(0),
  partitions: z.array(z.int().min(0)),
});

/** Sticky assignment of the partitions of one topic; `claimed` answers with what this member has when it joins. */
export function stickyAssigner(topic: string, claimed: () => Claim | undefined): PartitionAssigner {
  return ({ cluster }) => ({
    name: stickyProtocol,
    version,
    protocol: ({ topics }) => ({
      name: stickyProtocol,
      metadata: MemberMetadata.encode({ version, topics, userData: encodeClaim(claimed()) }),
    }),
    async assign({ members }) {
      const claiming = members.map((member) => ({ id: member.memberId, claim: claimOf(member) }));
      return [...assignSticky(claiming, partitionsOf(cluster, topic))].map(([memberId, partitions]) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version,
          assignment: partitions.length > 0 ? { [topic]: partitions } : {},
          userData: Buffer.alloc(0),
        }),
      }));
    },
  });
}

/** The metadata that the client has loaded; the method is missing in its types. */
function partitionsOf(cluster: Cluster, topic: string): number[] {
  const { findTopicPartitionMetadata } = cluster as unknown as {
    findTopicPartitionMetadata(topic: string): { partitionId: number }[];
  };
  return findTopicPartitionMetadata.call(cluster, topic).map(({ partitionId }) => partitionId);
}

function encodeClaim(claim: Claim | undefined): Buffer {
  return claim ? Buffer.from(JSON.stringify(claim)) : Buffer.alloc(0);
}

/** None where the bytes are not such a claim: the partitions are then given as to a new member. */
function claimOf({ memberMetadata }: GroupMember): Claim | undefined {
  try {
    const userData = MemberMetadata.decode(memberMetadata)?.userData;
    return userData && userData.length > 0 ? claimSchema.parse(JSON.parse(userData.toString())) : undefined;
  } catch {
    return undefined;
  }
}
