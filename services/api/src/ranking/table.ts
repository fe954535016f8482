import { partitionOf } from '@tidemark/domain';
import { compareVersions, type Heartbeat, type StatsEvent, type StatsRecord } from '@tidemark/wire';
import type { RankingField } from '../metrics-of-window.ts';
import { Columns } from './columns.ts';

/** The newest record of every token, as rows: what ranking and search go through. */
export class RankingTable {
  readonly columns = new Columns();
  readonly #records: (StatsRecord | null)[] = [];
  /** Symbol, name and token of each row in lower case, for the search by prefix. */
  readonly #searched: string[][] = [];
  readonly #rowOf = new Map<string, number>();
  readonly #freeRows: number[] = [];
  readonly #heartbeats: (Heartbeat | null)[];
  readonly #tokensOf: number[];

  constructor(partitionCount: number) {
    this.#heartbeats = Array.from({ length: partitionCount }, () => null);
    this.#tokensOf = Array.from({ length: partitionCount }, () => 0);
  }

  get size(): number {
    return this.#rowOf.size;
  }

  /** Rows, among them empty ones. */
  get rowCount(): number {
    return this.#records.length;
  }

  get heartbeats(): readonly (Heartbeat | null)[] {
    return this.#heartbeats;
  }

  tokens(): string[] {
    return [...this.#rowOf.keys()];
  }

  find(token: string): StatsRecord | null {
    const row = this.#rowOf.get(token);
    return row === undefined ? null : this.#records[row]!;
  }

  record(row: number): StatsRecord | null {
    return this.#records[row] ?? null;
  }

  searched(row: number): readonly string[] {
    return this.#searched[row]!;
  }

  /** The figure as it was published, to the last digit. */
  figure(row: number, window: string, field: RankingField): string | null {
    const record = this.#records[row]!;
    const value = field === 'price' ? record?.price : record?.windows[window]?.[field];
    return value === null || value === undefined ? null : String(value);
  }

  apply(event: StatsEvent): void {
    if (event.kind === 'value') this.write(event.record);
    else if (event.kind === 'tombstone') this.#remove(event.token);
    else this.#keepHeartbeat(event.heartbeat);
  }

  /** Keeps the record unless a version as new is held. */
  write(record: StatsRecord): void {
    const { token } = record;
    let row = this.#rowOf.get(token);
    if (row === undefined) {
      row = this.#freeRows.pop() ?? this.#records.length;
      this.#rowOf.set(token, row);
      this.#tokensOf[this.#partitionOf(token)]! += 1;
    } else if (compareVersions(record.version, this.#records[row]!.version) <= 0) {
      return;
    }
    this.#records[row] = record;
    this.#searched[row] = [record.symbol ?? '', record.name ?? '', token].map((text) => text.toLowerCase());
    this.columns.write(row, record);
  }

  /**
   * How old the table is: the oldest of the newest heartbeats, over the partitions that have tokens in it (over all while none
   * has). Null when such a partition was never reported.
   */
  oldestHeartbeat(): Heartbeat | null {
    const partitions = [...this.#heartbeats.keys()];
    const filled = partitions.filter((partition) => this.#tokensOf[partition]! > 0);
    const heartbeats = (filled.length > 0 ? filled : partitions).map(
      (partition) => this.#heartbeats[partition] ?? null,
    );
    if (heartbeats.includes(null)) return null;
    return (heartbeats as Heartbeat[]).reduce((oldest, next) => (next.reportedAt < oldest.reportedAt ? next : oldest));
  }

  #remove(token: string): void {
    const row = this.#rowOf.get(token);
    if (row === undefined) return;
    this.#rowOf.delete(token);
    this.#tokensOf[this.#partitionOf(token)]! -= 1;
    this.#records[row] = null;
    this.#searched[row] = [];
    this.columns.clear(row);
    this.#freeRows.push(row);
  }

  #keepHeartbeat(heartbeat: Heartbeat): void {
    const { partition, version } = heartbeat;
    const held = this.#heartbeats[partition];
    // Undefined: a partition that the topic did not have when the table was made.
    if (held === undefined) return;
    if (held === null || compareVersions(version, held.version) > 0) this.#heartbeats[partition] = heartbeat;
  }

  #partitionOf(token: string): number {
    return partitionOf(token, this.#heartbeats.length);
  }
}
