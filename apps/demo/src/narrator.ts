/**
 * What a person sees while the demo runs: calm lines, each with the time since the start, and on a terminal one live
 * line below them that is rewritten in place. In a pipe the live line is left out.
 */

export class Narrator {
  #started = performance.now();
  #live = '';
  #out: NodeJS.WriteStream;

  constructor(out: NodeJS.WriteStream = process.stdout) {
    this.#out = out;
  }

  /** A line that stays. */
  say(text: string): void {
    this.#clear();
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(1).padStart(5);
    this.#out.write(`${seconds} s  ${text}\n`);
    this.#draw();
  }

  /** The live line; empty takes it away. */
  live(text: string): void {
    this.#clear();
    this.#live = text;
    this.#draw();
  }

  /** Text as it is, without a time: the closing table. */
  print(text: string): void {
    this.live('');
    this.#out.write(`${text}\n`);
  }

  #draw(): void {
    if (this.#out.isTTY && this.#live !== '') this.#out.write(`         ${this.#live}`.slice(0, this.#out.columns - 1));
  }

  #clear(): void {
    if (this.#out.isTTY && this.#live !== '') this.#out.write('\r\x1b[2K');
  }
}
