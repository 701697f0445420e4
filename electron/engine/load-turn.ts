// The turn of a column that loads a small model: it shares the turns of small answers, because loading keeps the one thread
// of JavaScript busy for as long as such an answer takes, and the answer beside it would show a fraction of its rate.
import type { ColumnReport } from './column.ts';
import type { CoreQueue } from './core-queue.ts';

export class LoadTurn {
  private release: (() => void) | undefined;

  /**
   * `turns` is undefined for models that load for longer than anyone should wait with an answer; they pause an answer beside
   * them once, for about 0.1 s (measured: docs/architecture.md, "Large models load beside answers").
   */
  constructor(
    private readonly turns: CoreQueue | undefined,
    private readonly column: string,
    private readonly report: ColumnReport,
    /** Why it loads, where nobody asked for it. */
    private readonly why?: string,
  ) {}

  /** Waits until no small model answers; the column is told as loading from then on. */
  async take(): Promise<void> {
    if (this.release !== undefined) return;
    this.release =
      this.turns === undefined
        ? () => undefined
        : await this.turns.take(1, {
            signal: this.report.signal,
            onWait: () => this.say('waiting', 'Waits until another column has answered.'),
          });
    this.say('loading', this.why);
  }

  /** Lets others answer while the load waits for `reason`. */
  wait(reason: string): void {
    this.giveBack();
    this.say('waiting', reason);
  }

  /** The column is loaded: told before anyone else answers. */
  end(): void {
    this.say('ready');
    this.giveBack();
  }

  giveBack(): void {
    this.release?.();
    this.release = undefined;
  }

  private say(state: 'loading' | 'waiting' | 'ready', reason?: string): void {
    this.report.state({ column: this.column, state, ...(reason !== undefined && { reason }) });
  }
}
