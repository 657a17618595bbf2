import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/**
 * What a fake machine would still know after its conductor died: which steps that must not run twice it has begun and
 * ended. One line each in a file that outlives the process, written before and after, as a disk keeps what was done
 * to it; it also names who did it.
 */
export class FakeMemory {
  readonly #marks = new Map<string, 'begun' | 'ended'>();

  constructor(
    private readonly path?: string,
    private readonly host = 'somebody',
  ) {}

  mark(mark: 'begun' | 'ended', id: string): void {
    this.#marks.set(id, mark);
    if (this.path) appendFileSync(this.path, `${mark} ${id} ${this.host}\n`);
  }

  of(id: string): 'begun' | 'ended' | undefined {
    this.#look();
    return this.#marks.get(id);
  }

  /** The machine is asked itself: other conductors may have been at it. */
  #look(): void {
    if (!this.path || !existsSync(this.path)) return;
    for (const line of readFileSync(this.path, 'utf8').split('\n')) {
      const [mark, id] = line.split(' ');
      if (id && (mark === 'begun' || mark === 'ended')) this.#marks.set(id, mark);
    }
  }
}
