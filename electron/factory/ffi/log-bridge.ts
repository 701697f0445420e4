// Brings llama.cpp's log into JavaScript as whole lines. The callback is one global pointer in the library, called from
// any native thread (koffi queues it to this one), so there is one bridge per process.
import koffi, { type LibraryHandle } from 'koffi';
import type { NativeLog, NativeLogLevel, NativeLogLine } from './llama-library.types.ts';
import { logCallback } from './struct-layouts.ts';

/** Enough to hold a whole failure message with what led to it. */
const keptErrors = 20;
/** ggml_log_level; 5 continues the line before it. */
const levels: Record<number, NativeLogLevel> = { 1: 'debug', 2: 'info', 3: 'warning', 4: 'error' };
const continued = 5;

export class LogBridge implements NativeLog {
  onLine: ((line: NativeLogLine) => void) | undefined;
  private readonly errors: string[] = [];
  private captured: NativeLogLine[] | undefined;
  private level: NativeLogLevel = 'info';
  private text = '';
  private readonly setCallback: (callback: bigint | null, userData: null) => void;
  private readonly address: bigint;

  constructor(llama: LibraryHandle) {
    this.setCallback = llama.func('llama_log_set', 'void', ['void *', 'void *']) as (
      callback: bigint | null,
      userData: null,
    ) => void;
    this.address = koffi.register(
      (level: number, text: string) => this.receive(level, text),
      koffi.pointer(logCallback),
    );
    this.setCallback(this.address, null);
  }

  lastErrors(): readonly string[] {
    return [...this.errors];
  }

  capture<Result>(work: () => Result): { result: Result; lines: readonly NativeLogLine[] } {
    const outer = this.captured;
    const lines: NativeLogLine[] = (this.captured = []);
    try {
      return { result: work(), lines };
    } finally {
      this.flush();
      this.captured = outer;
    }
  }

  async captureAsync<Result>(
    work: () => Promise<Result>,
  ): Promise<{ result: Result; lines: readonly NativeLogLine[] }> {
    const lines: NativeLogLine[] = (this.captured = []);
    try {
      return { result: await work(), lines };
    } finally {
      this.flush();
      if (this.captured === lines) this.captured = undefined;
    }
  }

  /** Resets the pointer before the callback's memory goes: a late line would call a dead slot. */
  dispose(): void {
    this.setCallback(null, null);
    koffi.unregister(this.address);
  }

  /** koffi swallows exceptions of callbacks, so nothing here may throw. */
  private receive(level: number, text: string): void {
    // llama.cpp begins lines that it does not end when something fails in between.
    if (level === 4 && this.level !== 'error') this.flush();
    if (this.text === '' && level !== continued) this.level = levels[level] ?? 'info';
    // A line that begins as information and ends as a warning is a warning.
    if (level === 4 || (level === 3 && this.level !== 'error')) this.level = levels[level]!;
    const parts = (this.text + text).split('\n');
    this.text = parts.pop()!;
    for (const part of parts) this.emit(part);
  }

  private flush(): void {
    if (this.text === '') return;
    const text = this.text;
    this.text = '';
    this.emit(text);
  }

  private emit(text: string): void {
    const line: NativeLogLine = { level: this.level, text: text.trimEnd() };
    if (line.text !== '') {
      this.captured?.push(line);
      if (line.level === 'error' || line.level === 'warning') {
        this.errors.push(line.text);
        if (this.errors.length > keptErrors) this.errors.shift();
      }
      this.onLine?.(line);
    }
  }
}
