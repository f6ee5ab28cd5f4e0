/**
 * A server that deletes keys, its two connections with what is on its way in them, and a reader who has every delete
 * judged: the truth beside the verdicts. For tests of the deletion classifier.
 */
import { DeletionClassifier } from '../src/deletion/deletion-classifier.ts';
import type { StreamDelete, Verdict } from '../src/deletion/verdict.ts';

/** What a delete was. */
export type Truth = 'user' | 'expired' | 'evicted';
/** What happens next. */
export type Step =
  /** Something the server executes as one unit; `stray` is an event whose delete the stream shows in another form. */
  | {
      readonly do: 'unit';
      readonly parts: readonly { readonly key: string; readonly what: Truth | 'stray' | 'write' }[];
    }
  | { readonly do: 'deliver' | 'read' | 'ask' | 'lose' | 'restore' }
  /** The reader's connection breaks: so many units are read again, and all from the first delete that was not judged. */
  | { readonly do: 'reread'; readonly units: number };
type Item = { key: string; kind: 'expired' | 'evicted' } | { fence: number; restores: boolean };
type Judged = StreamDelete & { readonly truth: Truth; verdict?: Verdict; batch?: number };

/** The server's replication id. */
export const historyId: string = 'a'.repeat(40);

/** A server, its two connections with what is on its way in them, and us. */
export class DeleteWorld {
  readonly classifier: DeletionClassifier = new DeletionClassifier();
  readonly all: Judged[] = [];
  readonly windows: { from: number; to: number; trusted: boolean }[] = [];
  readonly events: { key: string; at: number }[] = [];
  readonly #together: boolean;
  #offset = 0;
  #channel: Item[] = [];
  #stream: Judged[][] = [];
  readonly #history: Judged[][] = [];
  #waiting: Judged[] = [];
  #connected = false;
  /** Up to the last fence delivered. */
  #seen = 0;
  #trusted = false;
  #batches = 0;

  constructor(together: boolean) {
    this.#together = together;
  }

  step(step: Step): void {
    if (step.do === 'unit') this.#execute(step.parts);
    else if (step.do === 'deliver') this.#deliver();
    else if (step.do === 'read') this.#waiting.push(...(this.#stream.shift() ?? []));
    else if (step.do === 'reread') this.#reread(step.units);
    else if (step.do === 'ask') this.#ask(false);
    else if (step.do === 'restore') this.#restore();
    else this.#lose();
    this.#judge();
  }

  finish(): void {
    if (!this.#connected) this.#restore();
    while (this.#stream.length > 0) this.step({ do: 'read' });
    this.#ask(false);
    while (this.#channel.length > 0) this.step({ do: 'deliver' });
    if (this.#waiting.length > 0) throw new Error('deletes wait although a fence has passed them');
  }

  #execute(parts: (Step & { do: 'unit' })['parts']): void {
    this.#offset += 10;
    const unit: Judged[] = [];
    for (const { key, what } of parts) {
      if (what !== 'user' && what !== 'write') {
        const kind = what === 'evicted' ? 'evicted' : 'expired';
        this.events.push({ key, at: this.#offset });
        if (this.#connected) this.#channel.push({ key, kind });
      }
      if (what !== 'write' && what !== 'stray') unit.push({ db: 0, key, end: this.#offset, truth: what });
    }
    this.all.push(...unit);
    this.#stream.push(unit);
    this.#history.push(unit);
  }

  #reread(units: number): void {
    const read = this.#history.length - this.#stream.length;
    const unjudged = this.#history.findIndex((unit) => unit.some((one) => this.#waiting.includes(one)));
    const from = Math.max(0, read - units);
    this.#stream = this.#history.slice(unjudged < 0 ? from : Math.min(from, unjudged));
    this.#waiting = [];
  }

  #ask(restores: boolean): void {
    if (this.#connected) this.#channel.push({ fence: this.#offset, restores });
  }

  #restore(): void {
    if (this.#connected) return;
    this.#connected = true;
    this.#ask(true);
  }

  #lose(): void {
    this.#connected = false;
    this.#trusted = false;
    this.#channel = [];
    this.classifier.lost();
  }

  #deliver(): void {
    const item = this.#channel.shift();
    if (item === undefined) return;
    if ('key' in item) {
      this.classifier.event(0, item.key, item.kind);
      return;
    }
    this.windows.push({ from: this.#seen, to: item.fence, trusted: this.#trusted });
    this.#seen = item.fence;
    this.#trusted = true;
    const fence = { replicationId: historyId, offset: item.fence };
    if (item.restores) this.classifier.restored(fence);
    else this.classifier.fence(fence);
  }

  #judge(): void {
    const ready = this.#waiting.filter(({ end }) => this.classifier.covers(historyId, end));
    this.#waiting = this.#waiting.slice(ready.length);
    const batches = this.#together ? [ready] : ready.map((one) => [one]);
    for (const batch of batches) {
      const verdicts = this.classifier.judge(historyId, batch);
      batch.forEach((one, i) => {
        one.verdict = verdicts[i]!;
        // Whatever happened: an expiry is never a client's.
        if (one.truth !== 'user' && one.verdict === 'user')
          throw new Error(`${one.key} at ${one.end} was ${one.truth}`);
        one.batch = this.#batches;
      });
      this.#batches++;
    }
  }
}
