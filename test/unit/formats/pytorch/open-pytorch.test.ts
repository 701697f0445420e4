import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { memoryByteSource } from '#src/formats/bytes/byte-source.ts';
import { openPytorchTensors } from '#src/formats/pytorch/open-pytorch.ts';
import {
  buildPytorchLegacy,
  buildPytorchZip,
  buildRawLegacy,
  buildZip,
  op,
  pickledDictionary,
  pickledTensor,
  pickleOf,
} from '#test/helpers/build-pytorch.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';

const golden = new URL('../../../golden/pytorch/', import.meta.url);
const goldenBytes = (name: string) => new Uint8Array(readFileSync(new URL(name, golden)));
const open = (bytes: Uint8Array) =>
  openPytorchTensors(memoryByteSource(bytes, 'pytorch_model.bin'));

/** torch's names of element types. */
const torchNames: Record<string, string> = {
  F32: 'float32', F16: 'float16', BF16: 'bfloat16', F64: 'float64', I64: 'int64', U8: 'uint8', BOOL: 'bool', F8_E4M3: 'float8_e4m3fn',
}; // prettier-ignore

const storage = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);

/** A file of either form around the opcodes of one value, with one storage of four floats named "0". */
const forms = {
  zip: (pickle: Uint8Array) => buildZip({ 'm/data.pkl': pickle, 'm/data/0': storage }),
  legacy: (pickle: Uint8Array) =>
    buildRawLegacy(pickle, [{ key: '0', elementCount: 4, bytes: storage }]),
};
const sound = pickledTensor({ shape: [2, 2], strides: [2, 1] });

describe('a PyTorch checkpoint', () => {
  it.each(['zip', 'legacy', 'module-zip', 'module-legacy', 'protocol-4', 'parameters', 'plain-dict-float8'])(
    'written by torch.save as %s holds what torch.load sees',
    async (name) => {
      const expected: unknown = JSON.parse(readFileSync(new URL(`${name}.json`, golden), 'utf8'));
      const tensors = await open(goldenBytes(`${name}.bin`));
      const found = await Promise.all(
        tensors.map(async (tensor) => {
          const bytes = new Uint8Array(tensor.byteLength);
          // Two reads: the second starts inside the tensor.
          const half = Math.floor(bytes.length / 2);
          await tensor.read(0, bytes.subarray(0, half));
          await tensor.read(half, bytes.subarray(half));
          return { name: tensor.name, dtype: torchNames[tensor.dtype], shape: tensor.shape, hex: Buffer.from(bytes).toString('hex') };
        }),
      );
      expect(found).toEqual(expected);
    },
  ); // prettier-ignore

  it.each([
    ['zip', buildPytorchZip],
    ['legacy', buildPytorchLegacy],
  ])('built by code in the %s form is read in the order of its dictionary', async (_, build) => {
    const tensors = await open(
      build([
        { name: 'b', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
        { name: 'a', shape: [3], dtype: 'U8', data: Uint8Array.of(7, 8, 9) },
      ]),
    );
    expect(tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape }))).toEqual([
      { name: 'b', dtype: 'F32', shape: [2, 2] },
      { name: 'a', dtype: 'U8', shape: [3] },
    ]);
    const target = new Uint8Array(2);
    await tensors[1]?.read(1, target);
    expect([...target]).toEqual([8, 9]);
  });

  it('of another program is refused by what it asks for', async () => {
    await expectRefusal(
      open(goldenBytes('module-object.bin')),
      'pickle/refused',
      '"torch.nn.modules.linear.Linear"',
    );
    await expectRefusal(
      open(goldenBytes('training.bin')),
      'pickle/invalid',
      '"epoch" is a number, not a tensor',
    );
  });

  it.each<[string, string, string]>([
    ['os', 'system', 'os.system'],
    ['posix', 'system', 'posix.system'],
    ['builtins', 'eval', 'builtins.eval'],
    ['__builtin__', 'exec', '__builtin__.exec'],
    ['subprocess', 'Popen', 'subprocess.Popen'],
    ['torch', 'load', 'torch.load'],
    ['torch.hub', 'load', 'torch.hub.load'],
    ['torch._utils', '_rebuild_sparse_tensor', 'torch._utils._rebuild_sparse_tensor'],
    ['torch._utils', '_rebuild_qtensor', 'torch._utils._rebuild_qtensor'],
    ['collections', 'OrderedDict.__init__', 'collections.OrderedDict.__init__'],
    ['', '__proto__', '.__proto__'],
    ['Object', 'constructor', 'Object.constructor'],
  ])('that names %s %s is refused, naming it', async (module, name, fullName) => {
    const call = pickleOf(op.global(module, name), op.tuple(op.text('touch /tmp/owned')), 'R');
    const stackGlobal = pickleOf('\x80\x04', op.text(module), op.text(name), '\x93.');
    for (const wrap of [forms.zip, forms.legacy]) {
      const error = await expectRefusal(
        open(wrap(pickledDictionary([['w', call]]))),
        'pickle/refused',
        `"${fullName}"`,
      );
      expect(error.details).toEqual({ global: fullName });
      expect(error.hint).toContain('Nothing in it was executed');
      await expectRefusal(open(wrap(stackGlobal)), 'pickle/refused', `"${fullName}"`);
    }
  });

  it.each<[string, Uint8Array, string]>([
    ['calls a string', pickleOf(op.text('eval'), ')R'), 'calls a string'],
    [
      'calls a storage class',
      pickleOf(op.global('torch', 'FloatStorage'), ')R'),
      'calls "torch.FloatStorage"',
    ],
    [
      'makes an object of a class',
      pickleOf(op.global('torch', 'Tensor'), ')\x81'),
      'calls "torch.Tensor"',
    ],
    [
      'sets the state of a name',
      pickleOf(op.global('torch', 'Tensor'), '}b'),
      'sets the state of a global',
    ],
    ['sets items of a list', pickleOf(']K\x01K\x02s'), 'sets items of a list'],
    ['appends to a tensor', pickleOf(sound, 'Na'), 'appends to a tensor'],
    ['uses an extension code', pickleOf('\x82\x01'), 'opcode 0x82'],
    ['uses the old INST', pickleOf('(ios\nsystem\n'), 'opcode 0x69'],
    ['uses the old OBJ', pickleOf('(o'), 'opcode 0x6f'],
    ['refers to a text id', pickleOf('Pmodule\n'), 'opcode 0x50'],
    [
      'refers to a module',
      pickleOf(op.tuple(op.text('module'), 'N', 'N', 'N'), 'Q'),
      'external object',
    ],
    ['uses another protocol', pickleOf('\x80\x09'), 'pickle protocol 9'],
  ])('that %s is refused', async (_, value, message) => {
    for (const wrap of [forms.zip, forms.legacy]) {
      await expectRefusal(open(wrap(pickledDictionary([['w', value]]))), 'pickle/refused', message);
    }
  });

  it.each<[string, Uint8Array, string]>([
    ['takes a value from nowhere', pickleOf('0'.repeat(9)), 'not there'],
    ['closes a group that is not open', pickleOf('ttt'), 'not opened'],
    ['recalls what it never stored', pickleOf('h\x09'), 'recalls the value 9'],
    ['has a key without a value', pickleOf('}(Nu'), 'a key without a value'],
    ['wraps no tensor', pickleOf(op.global('torch._utils', '_rebuild_parameter'), '(NN\x89tR'), 'wraps a None'],
    ['calls with a list', pickleOf(op.global('collections', 'OrderedDict'), ']R'), 'without a tuple'],
    ['rebuilds a tensor from itself', pickleOf(op.global('torch._tensor', '_rebuild_from_type_v2'), '(', op.global('torch._tensor', '_rebuild_from_type_v2'), 'N)NtR'), 'from itself'],
    ['has a negative size', pickledTensor({ shape: [-1], strides: [1] }), 'is not a count'],
    ['has unequal shape and stride', pickledTensor({ shape: [2], strides: [] }), 'differ in length'],
    ['has too many dimensions', pickledTensor({ shape: Array<number>(17).fill(1), strides: Array<number>(17).fill(1) }), 'not a short tuple'],
    ['reaches behind its storage', pickledTensor({ shape: [5], strides: [1] }), 'reaches beyond its storage'],
    ['starts behind its storage', pickledTensor({ shape: [1], strides: [1], offset: 4 }), 'reaches beyond'],
    ['strides behind its storage', pickledTensor({ shape: [2], strides: [4] }), 'reaches beyond'],
    ['overflows', pickledTensor({ shape: [2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1], strides: [0, 0, 0] }), 'reaches beyond'],
    ['is huge by stride 0', pickledTensor({ shape: [2 ** 20, 2 ** 20], strides: [0, 0] }), 'not in order'],
    ['is no tensor', pickleOf('K\x01'), '"w" is a number'],
    ['holds text that is not UTF-8', pickleOf('X\x01\x00\x00\x00\xff'), 'not UTF-8'],
    ['has a global without end', pickleOf('c' + 'x'.repeat(300)), 'name is too long'],
  ])('that %s is refused as damaged', async (_, value, message) => {
    for (const wrap of [forms.zip, forms.legacy]) {
      await expectRefusal(open(wrap(pickledDictionary([['sound', sound], ['w', value]]))), 'pickle/invalid', message);
    }
  }); // prettier-ignore

  it('is refused when it is no dictionary of text names', async () => {
    for (const wrap of [forms.zip, forms.legacy]) {
      await expectRefusal(
        open(wrap(pickleOf(op.proto, sound, '.'))),
        'pickle/invalid',
        'holds a tensor instead',
      );
      await expectRefusal(
        open(wrap(pickleOf(op.proto, '}K\x01', sound, 's.'))),
        'pickle/invalid',
        "a tensor's name is a number",
      );
    }
  });

  it('does not grow without bound', async () => {
    // Copying one long list again and again, values without end, and an integer of a gigabyte.
    const pairs = pickleOf(']q\x01(', '](NNe'.repeat(30_000), 'e0', pickleOf(op.global('collections', 'OrderedDict'), 'h\x01\x85R0').reduce((text, byte) => text + String.fromCharCode(byte), '').repeat(10_000));
    await expectRefusal(open(forms.zip(pickleOf(op.proto, pairs, 'N.'))), 'format/limit', 'steps');
    await expectRefusal(open(forms.zip(pickleOf(op.proto, 'N'.repeat(1_200_000), '.'))), 'format/limit', 'values');
    await expectRefusal(open(forms.zip(pickleOf(op.proto, 'N0'.repeat(2_200_000), '.'))), 'format/limit', 'steps');
    await expectRefusal(open(forms.zip(pickleOf(op.proto, '\x8b\x00\x00\x00\x40', '.'))), 'format/limit', 'an integer of 1073741824 bytes');
  }); // prettier-ignore

  it('survives values that hold themselves', async () => {
    const cyclic = pickleOf(op.proto, '}q\x00', op.text('w'), sound, 's', 'h\x00h\x00h\x00s0.');
    await expectRefusal(open(forms.zip(cyclic)), 'pickle/invalid', "a tensor's name is a dict");
  });

  it('that is cut anywhere is refused, never read short', async () => {
    for (const build of [buildPytorchZip, buildPytorchLegacy]) {
      const bytes = build([{ name: 'w', shape: [4] }]);
      for (let length = 0; length < bytes.length; length++) {
        const error = await open(bytes.subarray(0, length)).catch((reason: unknown) => reason);
        expect(error).toHaveProperty(
          'code',
          expect.stringMatching(/^(format\/truncated|pickle\/invalid)$/),
        );
      }
    }
  });

  it('in the older form is refused when its frame is wrong', async () => {
    const pickle = pickledDictionary([['w', sound]]);
    const frame = (options: object, elementCount = 4, keys = ['0']) =>
      open(buildRawLegacy(pickle, keys.map((key) => ({ key, elementCount, bytes: storage })), options));
    expect(await frame({})).toHaveLength(1);
    await expectRefusal(frame({ magic: 'K\x01' }), 'pickle/invalid', 'torch.save did not write it');
    await expectRefusal(frame({ version: 1000 }), 'pickle/invalid', 'format version is 1000');
    await expectRefusal(frame({ littleEndian: false }), 'pickle/invalid', 'big-endian');
    await expectRefusal(frame({}, 5), 'pickle/invalid', 'has 5 elements instead of 4');
    await expectRefusal(frame({}, 4, ['0', '0']), 'pickle/invalid', 'lists a storage twice');
    await expectRefusal(frame({}, 4, ['0', '1']), 'pickle/invalid', '"1", which no tensor uses');
    await expectRefusal(frame({}, 4, []), 'pickle/invalid', 'the data of the tensor "w"');
  }); // prettier-ignore

  it('in the older form may have a pickle longer than the first read', async () => {
    const names = Array.from({ length: 2_000 }, (_, index) => `layers.${index}.${'x'.repeat(80)}`);
    const bytes = buildPytorchLegacy(names.map((name, index) => ({ name, shape: [1], data: Float32Array.of(index) })));
    expect(bytes.length).toBeGreaterThan(2 ** 18);
    const tensors = await open(bytes);
    expect(tensors.map(({ name }) => name)).toEqual(names);
    const target = new Float32Array(1);
    await tensors[1_999]?.read(0, new Uint8Array(target.buffer));
    expect(target[0]).toBe(1_999);
  }); // prettier-ignore

  it('in the older form may have storages that are views of others', async () => {
    const view = pickleOf(
      op.global('torch._utils', '_rebuild_tensor_v2'),
      op.tuple(
        pickleOf(op.tuple(op.text('storage'), op.global('torch', 'FloatStorage'), op.text('0'), op.text('cpu'), op.int(4), op.tuple(op.text('7'), op.int(2), op.int(2))), 'Q'),
        op.int(1), op.tuple(op.int(1)), op.tuple(op.int(1)), '\x89', '}',
      ),
      'R',
    );
    const [tensor] = await open(forms.legacy(pickledDictionary([['w', view]])));
    const target = new Float32Array(1);
    await tensor?.read(0, new Uint8Array(target.buffer));
    expect(target[0]).toBe(4);
  }); // prettier-ignore

  it('with one storage under two element types is refused', async () => {
    const other = pickledTensor({
      storage: { className: 'HalfStorage' },
      shape: [1],
      strides: [1],
    });
    const pickle = pickledDictionary([['a', sound], ['b', other]]); // prettier-ignore
    await expectRefusal(open(forms.legacy(pickle)), 'pickle/invalid', 'two element types');
  });

  it('names what was given instead', async () => {
    await expectRefusal(open(new TextEncoder().encode('version https://git-lfs.github.com/spec/v1\n')), 'pickle/invalid', 'a git-LFS pointer');
    await expectRefusal(open(new Uint8Array(0)), 'pickle/invalid', 'an empty file');
    const tar = new Uint8Array(512);
    tar.set(new TextEncoder().encode('ustar'), 257);
    tar[0] = 1;
    await expectRefusal(open(tar), 'pickle/invalid', 'a tar archive');
  }); // prettier-ignore
});

describe('the zip archive of a checkpoint', () => {
  const pickle = pickledDictionary([['w', sound]]);
  const files = { 'm/data.pkl': pickle, 'm/data/0': storage };
  const latin1 = (text: string) => Uint8Array.from(text, (unit) => unit.charCodeAt(0));

  it('is refused without a pickle, without a storage, or as a program', async () => {
    await expectRefusal(open(buildZip({ 'a.txt': storage })), 'pickle/invalid', 'no data.pkl');
    await expectRefusal(open(buildZip({})), 'pickle/invalid', 'no data.pkl');
    await expectRefusal(
      open(buildZip({ 'm/data.pkl': pickle })),
      'pickle/invalid',
      'no data for the storage "0"',
    );
    await expectRefusal(
      open(buildZip({ ...files, 'm/constants.pkl': pickle })),
      'pickle/refused',
      'TorchScript',
    );
  });

  it('is refused when it is big-endian, compressed or encrypted', async () => {
    expect(await open(buildZip({ ...files, 'm/byteorder': latin1('little') }))).toHaveLength(1);
    await expectRefusal(open(buildZip({ ...files, 'm/byteorder': latin1('big') })), 'pickle/invalid', 'byte order is "big"');
    await expectRefusal(open(buildZip(files, 8)), 'pickle/invalid', 'is compressed');
    const encrypted = buildZip(files);
    const directory = Buffer.from(encrypted).indexOf('PK\x01\x02');
    encrypted[directory + 8] = 1;
    await expectRefusal(open(encrypted), 'pickle/invalid', 'is encrypted');
  }); // prettier-ignore

  it('may need 64-bit sizes, as files above 4 GiB do', async () => {
    const [tensor] = await open(buildZip(files, 0, true));
    const target = new Float32Array(4);
    await tensor?.read(0, new Uint8Array(target.buffer));
    expect([...target]).toEqual([1, 2, 3, 4]);
  });

  it('may have a comment, also one that looks like its end', async () => {
    const bytes = buildZip(files);
    const comment = latin1('PK\x05\x06' + '\0'.repeat(30));
    const commented = Uint8Array.from([...bytes, ...comment]);
    new DataView(commented.buffer).setUint16(bytes.length - 2, comment.length, true);
    expect(await open(commented)).toHaveLength(1);
  });

  it('is refused with two entries of one name or a directory that lies elsewhere', async () => {
    const doubled = Buffer.from(buildZip({ ...files, 'm/data/1': storage }));
    for (let at = doubled.indexOf('m/data/1'); at >= 0; at = doubled.indexOf('m/data/1')) doubled.write('m/data/0', at, 'latin1');
    await expectRefusal(open(doubled), 'pickle/invalid', 'two entries named "m/data/0"');
    const moved = buildZip(files);
    new DataView(moved.buffer).setUint32(moved.length - 6, 3, true);
    await expectRefusal(open(moved), 'pickle/invalid', 'directory of the zip archive is broken');
    const outside = buildZip(files);
    new DataView(outside.buffer).setUint32(outside.length - 6, 0x7000_0000, true);
    await expectRefusal(open(outside), 'format/truncated');
  }); // prettier-ignore
});
