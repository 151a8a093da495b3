/** Something that must never happen, with its evidence. */
export interface Finding {
  readonly kind: string;
  readonly count: number;
  /** The first few occurrences. */
  readonly evidence: readonly string[];
}

/** A fault as it was injected. */
interface InjectedFault {
  readonly name: string;
  readonly sentence: string;
  readonly startedAtMs: number;
  endedAtMs: number | undefined;
}

const keptEvidence = 3;
/** A fault may affect answers for this long after its end. */
const recentMs = 60_000;

/** The record of a run: injected faults, counted answers, and findings. */
export class RunRecord {
  readonly #nowMs: () => number;
  readonly #onFinding: (kind: string, evidence: string) => void;
  #isClosed = false;
  readonly #faults: InjectedFault[] = [];
  readonly #skipped = new Map<string, string>();
  readonly #answers = new Map<string, Map<string, number>>();
  readonly #findings = new Map<string, { count: number; readonly evidence: string[] }>();

  constructor(nowMs: () => number, onFinding: (kind: string, evidence: string) => void = () => undefined) {
    this.#nowMs = nowMs;
    this.#onFinding = onFinding;
  }

  /** Records the start of a fault; the returned function records its end. */
  fault(name: string, sentence: string): () => void {
    const fault: InjectedFault = { name, sentence, startedAtMs: this.#nowMs(), endedAtMs: undefined };
    this.#faults.push(fault);
    return () => (fault.endedAtMs ??= this.#nowMs());
  }

  /** Records that a fault can't be injected here, and why. */
  skip(name: string, reason: string): void {
    this.#skipped.set(name, reason);
  }

  /** Counts the outcome of one request of a kind of client. */
  answer(client: string, what: string): void {
    const counts = this.#answers.get(client) ?? new Map<string, number>();
    this.#answers.set(client, counts.set(what, (counts.get(what) ?? 0) + 1));
  }

  /** Records no more findings, because the run is being interrupted. */
  close(): void {
    this.#isClosed = true;
  }

  /** Records a finding; the faults of the last minute are part of the evidence. */
  finding(kind: string, evidence: string): void {
    if (this.#isClosed) return;
    const known = this.#findings.get(kind) ?? { count: 0, evidence: [] };
    this.#findings.set(kind, known);
    known.count += 1;
    if (known.evidence.length >= keptEvidence) return;
    const whole = `${evidence}\n${this.#recentFaults()}`;
    known.evidence.push(whole);
    this.#onFinding(kind, whole);
  }

  get findings(): readonly Finding[] {
    return [...this.#findings].map(([kind, { count, evidence }]) => ({ kind, count, evidence }));
  }

  /** How often each fault was injected. */
  get faultCounts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { name } of this.#faults) counts.set(name, (counts.get(name) ?? 0) + 1);
    return counts;
  }

  get skipped(): ReadonlyMap<string, string> {
    return this.#skipped;
  }

  /** How often each outcome occurred, by kind of client. */
  get answers(): ReadonlyMap<string, ReadonlyMap<string, number>> {
    return this.#answers;
  }

  #recentFaults(): string {
    const now = this.#nowMs();
    const recent = this.#faults.filter(({ endedAtMs }) => now - (endedAtMs ?? now) < recentMs);
    if (recent.length === 0) return "no fault was injected within the last minute";
    return recent
      .map(({ sentence, startedAtMs, endedAtMs }) => {
        const ended = endedAtMs === undefined ? "still on" : `over ${seconds(now - endedAtMs)} before`;
        return `${seconds(now - startedAtMs)} before: ${sentence} (${ended})`;
      })
      .join("\n");
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
