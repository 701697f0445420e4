// Who of a context's streams computes next. Streams with one adapter compute together, step by step, so that llama.cpp gets
// them as one batch; those with another one wait until the context is switched, which happens in turn: nobody starves,
// however long an answer is. Knows nothing of models: switching and taking cores are hooks.
import { untilAborted } from './turn-queue.ts';

export interface TurnHooks {
  /** Makes the context compute for `key`. Not called while a stream computes. */
  readonly switchTo: (key: string) => Promise<void>;
  /** Waits for cores; the result gives them back. */
  readonly takeCores: () => Promise<() => void>;
  /** Others than this context's streams wait for cores. */
  readonly coresAreWanted: () => boolean;
  /** Milliseconds after which others get their turn. */
  readonly slice?: number;
  readonly now?: () => number;
}

/** Long beside a switch, short beside an answer. */
const usualSlice = 250;

interface Member {
  readonly key: string;
  state: 'away' | 'waiting' | 'computing';
  go: () => void;
  fail: (error: unknown) => void;
}

export interface Turn {
  /**
   * Resolves when the stream may compute one step; until then the last step has ended. Rejects when it is aborted or its
   * adapter cannot be switched to.
   */
  step(signal: AbortSignal): Promise<void>;
  /** Lets the others go on without it; `step` may be called again. */
  pause(): void;
  leave(): void;
}

export class StreamTurns {
  /** What the context computes for now; undefined before the first switch. */
  key: string | undefined;
  switches = 0;
  private readonly members = new Set<Member>();
  private readonly exclusives: (() => Promise<void>)[] = [];
  /** Key -> when it had its last turn, by count. */
  private readonly lastTurns = new Map<string, number>();
  private turns = 0;
  private computing = 0;
  private isPumping = false;
  private sliceStart = 0;
  private releaseCores: (() => void) | undefined;

  constructor(private readonly hooks: TurnHooks) {}

  join(key: string): Turn {
    const member: Member = { key, state: 'away', go: () => undefined, fail: () => undefined };
    this.members.add(member);
    const stop = () => {
      if (member.state === 'computing') this.computing--;
      member.state = 'away';
    };
    return {
      step: async (signal) => {
        signal.throwIfAborted();
        if (this.goesOnAlone(member)) return;
        const granted = new Promise<void>((resolve, reject) => {
          member.go = resolve;
          member.fail = reject;
        });
        stop();
        member.state = 'waiting';
        this.pump();
        try {
          await untilAborted(granted, signal);
        } catch (error) {
          granted.catch(() => undefined);
          stop();
          this.pump();
          throw error;
        }
      },
      pause: () => {
        stop();
        this.pump();
      },
      leave: () => {
        stop();
        this.members.delete(member);
        if (![...this.members].some(({ key: other }) => other === key)) this.lastTurns.delete(key);
        this.pump();
      },
    };
  }

  /** Runs `work` while no stream computes. The caller's own stream has to be paused. */
  exclusive<Result>(work: () => Promise<Result>): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.exclusives.push(() => work().then(resolve, reject));
      this.pump();
    });
  }

  /** The context is another one: the next step switches whatever its key is. */
  forget(): void {
    this.key = undefined;
  }

  /** True when nothing is between a stream that computes and its next step: no promise, no turn, nobody to look for. */
  private goesOnAlone({ state, key }: Member): boolean {
    const { hooks } = this;
    if (state !== 'computing' || this.members.size > 1 || this.exclusives.length > 0) return false;
    if (key !== this.key || this.releaseCores === undefined) return false;
    const now = (hooks.now ?? (() => performance.now()))();
    if (now - this.sliceStart < (hooks.slice ?? usualSlice)) return true;
    if (hooks.coresAreWanted()) return false;
    this.sliceStart = now;
    return true;
  }

  private pump(): void {
    if (this.isPumping || this.computing > 0) return;
    this.isPumping = true;
    void this.run().finally(() => {
      this.isPumping = false;
      // Something may have come between the last look and this moment.
      if (this.computing === 0 && (this.exclusives.length > 0 || this.waiting().length > 0)) {
        this.pump();
      }
    });
  }

  private async run(): Promise<void> {
    const { hooks } = this;
    const now = hooks.now ?? (() => performance.now());
    while (this.computing === 0) {
      const exclusive = this.exclusives.shift();
      if (exclusive !== undefined) {
        await exclusive();
        continue;
      }
      if (this.waiting().length === 0) return this.giveCoresBack();
      const isOver = now() - this.sliceStart >= (hooks.slice ?? usualSlice);
      if (isOver && hooks.coresAreWanted()) this.giveCoresBack();
      if (this.releaseCores === undefined) {
        this.releaseCores = await hooks.takeCores();
        this.sliceStart = now();
        continue;
      }
      const key = this.choose(isOver);
      if (key === undefined) continue;
      if (key !== this.key) {
        try {
          await hooks.switchTo(key);
          this.key = key;
          this.switches++;
        } catch (error) {
          this.key = undefined;
          for (const member of this.waiting()) if (member.key === key) member.fail(error);
          // They leave in reaction to it.
          await new Promise((resolve) => setImmediate(resolve));
          continue;
        }
      }
      if (isOver || this.lastTurns.get(key) === undefined) this.sliceStart = now();
      this.lastTurns.set(key, ++this.turns);
      const group = this.waiting().filter((member) => member.key === key);
      for (const member of group) member.state = 'computing';
      this.computing = group.length;
      for (const member of group) member.go();
    }
  }

  private waiting(): Member[] {
    return [...this.members].filter(({ state }) => state === 'waiting');
  }

  /** The current key for the length of a slice, then the one whose last turn is longest ago. */
  private choose(isOver: boolean): string | undefined {
    const keys = [...new Set(this.waiting().map(({ key }) => key))];
    if (this.key !== undefined && keys.includes(this.key) && (!isOver || keys.length === 1)) {
      return this.key;
    }
    const others = isOver ? keys.filter((key) => key !== this.key) : keys;
    const lastTurn = (key: string) => this.lastTurns.get(key) ?? -1;
    return others.toSorted((left, right) => lastTurn(left) - lastTurn(right))[0];
  }

  private giveCoresBack(): void {
    this.releaseCores?.();
    this.releaseCores = undefined;
  }
}
