// A pickle machine for protocols 2 to 5 that can only build data: numbers, text, containers, storages and tensors. Globals
// are names on a closed list; there is nothing to execute. Memory and steps are bounded by limits.ts.
// Opcodes: Python's Lib/pickletools.py.
import type { ByteCursor } from '#src/formats/bytes/cursor.ts';
import { limits } from '#src/formats/bytes/limits.ts';
import { decodeStrictUtf8 } from '#src/formats/bytes/utf8.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { invalidPickle, refusedPickle } from './invalid-pickle.ts';
import { callGlobal, namedGlobal, storageOfPersistentId } from './pickle-globals.ts';
import { isKind, kindOf, type PickledStorage, type PickleValue } from './pickle-values.ts';

const mark = Symbol('mark');
type Slot = PickleValue | typeof mark;

/** A LONG of a checkpoint has at most 10 bytes (the magic number of old files). */
const longestLong = 32;

export interface Unpickled {
  readonly value: PickleValue;
  /** Every storage that the pickle refers to, by key. */
  readonly storages: ReadonlyMap<string, PickledStorage>;
}

/**
 * Runs one pickle from the cursor's position and gives its value; the cursor stands behind its STOP.
 * Throws `pickle/refused` for globals, calls and opcodes that weights do not need, `pickle/invalid` and `format/limit`.
 */
export function unpickle(cursor: ByteCursor): Unpickled {
  const machine = new PickleMachine(cursor);
  const value = machine.run();
  return { value, storages: machine.storages };
}

class PickleMachine {
  private readonly stack: Slot[] = [];
  private readonly memo = new Map<number, PickleValue>();
  private readonly label: string;
  private steps = 0;
  readonly storages = new Map<string, PickledStorage>();

  constructor(private readonly cursor: ByteCursor) {
    this.label = cursor.label;
  }

  run(): PickleValue {
    for (;;) {
      this.spend(1);
      const opcode = this.cursor.uint8();
      if (opcode === 0x2e) return this.pop(); // STOP
      if (!this.pushData(opcode) && !this.build(opcode)) {
        throw refusedPickle(
          this.label,
          `the checkpoint uses the pickle opcode 0x${opcode.toString(16)} at offset ${this.cursor.offset - 1}, which weights do not need`,
          { opcode },
        );
      }
      if (this.stack.length > limits.pickleValues || this.memo.size > limits.pickleValues) {
        throw this.tooLarge(`more than ${limits.pickleValues} values`);
      }
    }
  }

  private spend(steps: number): void {
    this.steps += steps;
    if (this.steps > limits.pickleSteps)
      throw this.tooLarge(`more than ${limits.pickleSteps} steps`);
  }

  /** Opcodes that only push data of their own. */
  private pushData(opcode: number): boolean {
    const { cursor } = this;
    switch (opcode) {
      case 0x4e: return this.push(null); // NONE
      case 0x88: return this.push(true); // NEWTRUE
      case 0x89: return this.push(false); // NEWFALSE
      case 0x4b: return this.push(cursor.uint8()); // BININT1
      case 0x4d: return this.push(cursor.uint16()); // BININT2
      case 0x4a: return this.push(cursor.int32()); // BININT
      case 0x47: return this.push(this.bigEndianDouble()); // BINFLOAT
      case 0x8a: return this.push(this.long(cursor.uint8())); // LONG1
      case 0x8b: return this.push(this.long(cursor.uint32())); // LONG4
      case 0x8c: return this.push(this.text(cursor.uint8())); // SHORT_BINUNICODE
      case 0x58: return this.push(this.text(cursor.uint32())); // BINUNICODE
      case 0x8d: return this.push(this.text(cursor.length64('a text length'))); // BINUNICODE8
      case 0x55: return this.push(this.text(cursor.uint8())); // SHORT_BINSTRING (Python 2)
      case 0x54: return this.push(this.text(cursor.uint32())); // BINSTRING (Python 2)
      case 0x43: return this.push(cursor.take(cursor.uint8()).slice()); // SHORT_BINBYTES
      case 0x42: return this.push(cursor.take(cursor.uint32()).slice()); // BINBYTES
      case 0x8e: return this.push(cursor.take(cursor.length64('a byte length')).slice()); // BINBYTES8
      case 0x29: return this.push({ kind: 'tuple', items: [] }); // EMPTY_TUPLE
      case 0x5d: return this.push({ kind: 'list', items: [] }); // EMPTY_LIST
      case 0x7d: return this.push({ kind: 'dict', entries: new Map() }); // EMPTY_DICT
      case 0x8f: return this.push({ kind: 'set', items: [] }); // EMPTY_SET
      case 0x63: return this.push(namedGlobal(this.line(), this.line(), this.label)); // GLOBAL
      default: return false;
    }
  } // prettier-ignore

  /** Opcodes that work on the stack and the memo. */
  private build(opcode: number): boolean {
    const { cursor } = this;
    switch (opcode) {
      case 0x80: return this.protocol(cursor.uint8()); // PROTO
      case 0x95: return this.frame(); // FRAME
      case 0x28: return this.stack.push(mark) > 0; // MARK
      case 0x30: return this.discard(); // POP
      case 0x31: return this.popMarked().length >= 0; // POP_MARK
      case 0x32: return this.push(this.top()); // DUP
      case 0x71: return this.remember(cursor.uint8()); // BINPUT
      case 0x72: return this.remember(cursor.uint32()); // LONG_BINPUT
      case 0x94: return this.remember(this.memo.size); // MEMOIZE
      case 0x68: return this.recall(cursor.uint8()); // BINGET
      case 0x6a: return this.recall(cursor.uint32()); // LONG_BINGET
      case 0x85: return this.tuple(this.popMany(1)); // TUPLE1
      case 0x86: return this.tuple(this.popMany(2)); // TUPLE2
      case 0x87: return this.tuple(this.popMany(3)); // TUPLE3
      case 0x74: return this.tuple(this.popMarked()); // TUPLE
      case 0x6c: return this.push({ kind: 'list', items: this.popMarked() }); // LIST
      case 0x61: return this.append([this.pop()]); // APPEND
      case 0x65: return this.append(this.popMarked()); // APPENDS
      case 0x90: return this.append(this.popMarked()); // ADDITEMS
      case 0x91: return this.push({ kind: 'set', items: this.popMarked() }); // FROZENSET
      case 0x64: return this.push({ kind: 'dict', entries: new Map() }, this.popMarked()); // DICT
      case 0x73: return this.setItems(this.popMany(2)); // SETITEM
      case 0x75: return this.setItems(this.popMarked()); // SETITEMS
      case 0x93: return this.stackGlobal(); // STACK_GLOBAL
      case 0x52: return this.reduce(); // REDUCE
      case 0x81: return this.reduce(); // NEWOBJ: the listed classes are built the same way
      case 0x62: return this.buildState(); // BUILD
      case 0x51: return this.storage(); // BINPERSID
      default: return false;
    }
  } // prettier-ignore

  private push(value: PickleValue, items: readonly PickleValue[] = []): true {
    this.stack.push(value);
    if (items.length > 0) this.setItems(items);
    return true;
  }

  private pop(): PickleValue {
    const value = this.stack.pop();
    if (value === undefined || value === mark)
      throw invalidPickle(this.label, 'the pickle takes a value that is not there');
    return value;
  }

  private top(): PickleValue {
    const value = this.pop();
    this.stack.push(value);
    return value;
  }

  private popMany(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  private popMarked(): PickleValue[] {
    const at = this.stack.lastIndexOf(mark);
    if (at < 0) throw invalidPickle(this.label, 'the pickle closes a group that was not opened');
    const items = this.stack.splice(at + 1) as PickleValue[];
    this.stack.pop();
    return items;
  }

  private discard(): true {
    // POP also drops a mark.
    if (this.stack.pop() === undefined)
      throw invalidPickle(this.label, 'the pickle drops a value that is not there');
    return true;
  }

  private protocol(version: number): true {
    if (version < 2 || version > 5)
      throw refusedPickle(this.label, `the checkpoint uses pickle protocol ${version}`);
    return true;
  }

  private frame(): true {
    // A length that only matters to readers of streams.
    this.cursor.take(8);
    return true;
  }

  private remember(index: number): true {
    this.memo.set(index, this.top());
    return true;
  }

  private recall(index: number): true {
    const value = this.memo.get(index);
    if (value === undefined)
      throw invalidPickle(
        this.label,
        `the pickle recalls the value ${index}, which it never stored`,
      );
    return this.push(value);
  }

  private storage(): true {
    const storage = storageOfPersistentId(this.pop(), this.label);
    const known = this.storages.get(storage.key);
    if (known !== undefined && known.dtype !== storage.dtype) {
      throw invalidPickle(this.label, `the storage "${storage.key}" has two element types`);
    }
    this.storages.set(storage.key, storage);
    return this.push(storage);
  }

  private tuple(items: PickleValue[]): true {
    return this.push({ kind: 'tuple', items });
  }

  private append(items: readonly PickleValue[]): true {
    const target = this.top();
    if (!isKind(target, 'list') && !isKind(target, 'set')) {
      throw refusedPickle(this.label, `the checkpoint appends to a ${kindOf(target)}`);
    }
    for (const item of items) target.items.push(item);
    return true;
  }

  private setItems(items: readonly PickleValue[]): true {
    const target = this.top();
    if (!isKind(target, 'dict'))
      throw refusedPickle(this.label, `the checkpoint sets items of a ${kindOf(target)}`);
    for (let index = 0; index < items.length; index += 2) {
      const value = items[index + 1];
      if (value === undefined) throw invalidPickle(this.label, 'a key without a value');
      target.entries.set(items[index] ?? null, value);
    }
    return true;
  }

  private stackGlobal(): true {
    const [module, name] = this.popMany(2);
    if (typeof module !== 'string' || typeof name !== 'string') {
      throw invalidPickle(this.label, 'a global whose name is not text');
    }
    return this.push(namedGlobal(module, name, this.label));
  }

  private reduce(): true {
    const [callable, args] = this.popMany(2);
    return this.push(
      callGlobal(callable, args, { label: this.label, spend: (steps) => this.spend(steps) }),
    );
  }

  /** State of an OrderedDict is `_metadata` (module versions) and of a tensor its Python attributes: both are dropped. */
  private buildState(): true {
    this.pop();
    const target = this.top();
    if (isKind(target, 'dict') || isKind(target, 'tensor')) return true;
    throw refusedPickle(this.label, `the checkpoint sets the state of a ${kindOf(target)}`);
  }

  private text(byteCount: number): string {
    const text = decodeStrictUtf8(this.cursor.take(byteCount));
    if (text === undefined) throw invalidPickle(this.label, 'a text that is not UTF-8');
    return text;
  }

  /** Bytes up to a newline, as GLOBAL has them. */
  private line(): string {
    const bytes: number[] = [];
    for (;;) {
      const byte = this.cursor.uint8();
      if (byte === 0x0a) return String.fromCharCode(...bytes);
      if (bytes.push(byte) > 255)
        throw invalidPickle(this.label, 'a global whose name is too long');
    }
  }

  /** Little-endian two's complement. */
  private long(byteCount: number): number | bigint {
    if (byteCount > longestLong) throw this.tooLarge(`an integer of ${byteCount} bytes`);
    const unsigned = this.cursor
      .take(byteCount)
      .reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
    const value = BigInt.asIntN(byteCount * 8, unsigned);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  private bigEndianDouble(): number {
    const bytes = this.cursor.take(8);
    return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0);
  }

  private tooLarge(what: string): StudioError {
    return new StudioError('format/limit', `${this.label}: the pickle has ${what}.`, {
      hint: 'No real checkpoint has that: do not trust this file.',
    });
  }
}
