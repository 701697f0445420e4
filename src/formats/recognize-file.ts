// Says what a file is by its first bytes. Most "broken models" are something else: a git-LFS pointer, a saved web page,
// an older format. Naming it saves the user an hour.

export type FileKind =
  | 'empty' | 'gguf' | 'safetensors' | 'zip' | 'pickle' | 'git-lfs' | 'html' | 'json' | 'xml'
  | 'old-ggml' | 'hdf5' | 'gzip' | 'tar' | 'zeros' | 'text' | 'unknown'; // prettier-ignore

export interface RecognizedFile {
  readonly kind: FileKind;
  /** Goes after "this is": "a git-LFS pointer (...)". */
  readonly description: string;
  /** What to do where a model was expected. */
  readonly hint: string;
}

const fetchAgain = 'Fetch the file again.';

/** Magic bytes as text (latin-1) at an offset. */
const signatures: readonly (readonly [
  kind: FileKind,
  magic: string,
  description: string,
  hint: string,
  offset?: number,
])[] = [
  ['gguf', 'GGUF', 'a GGUF file', 'Use it where a GGUF is expected.'],
  ['zip', 'PK\x03\x04', 'a zip archive (PyTorch checkpoints are such)', 'Unpack it, or give the folder of the checkpoint.'],
  ['zip', 'PK\x05\x06', 'an empty zip archive', fetchAgain],
  ['old-ggml', 'tjgg', 'a model in the old GGJT format of before August 2023', 'Convert the original model to GGUF.'],
  ['old-ggml', 'fmgg', 'a model in the old GGMF format of 2023', 'Convert the original model to GGUF.'],
  ['old-ggml', 'lmgg', 'a model in the old GGML format of 2023', 'Convert the original model to GGUF.'],
  ['old-ggml', 'algg', 'a LoRA adapter in the old GGLA format of 2023', 'Convert the PEFT adapter to GGUF.'],
  ['hdf5', '\x89HDF', 'an HDF5 file (Keras weights)', 'Use the safetensors or PyTorch weights of the same model.'],
  ['gzip', '\x1f\x8b', 'a gzip archive', 'Unpack it first.'],
  ['pickle', '\x80\x02', 'a Python pickle (a PyTorch checkpoint of before 2020)', 'Give the folder of the checkpoint.'],
  ['xml', '<?xml', 'an XML document (usually a storage service that refused the download)', fetchAgain],
  ['tar', 'ustar', 'a tar archive', 'Unpack it first.', 257],
]; // prettier-ignore

/** Recognizes a file by its first bytes (512 are enough) and its whole size. */
export function recognizeFile(head: Uint8Array, size: number): RecognizedFile {
  const text = latin1(head.subarray(0, 512));
  if (size === 0) return { kind: 'empty', description: 'an empty file', hint: fetchAgain };
  for (const [kind, magic, description, hint, offset = 0] of signatures) {
    if (text.startsWith(magic, offset)) return { kind, description, hint };
  }
  return (
    recognizeText(text, size) ??
    recognizeSafetensors(head, size) ?? {
      kind: 'unknown',
      description: `of an unknown format (it starts with ${hexOf(head.subarray(0, 8))})`,
      hint: 'Check that the right file was given, and fetch it again.',
    }
  );
}

/** The same, worded for "this is not an X but ...". */
export function describeForeignFile(head: Uint8Array, size: number): RecognizedFile {
  const found = recognizeFile(head, size);
  return found.kind === 'unknown'
    ? { ...found, description: `something ${found.description}` }
    : found;
}

function recognizeText(text: string, size: number): RecognizedFile | undefined {
  if (text.startsWith('version https://git-lfs')) {
    const realSize = /^size (\d{1,16})$/m.exec(text)?.[1];
    return {
      kind: 'git-lfs',
      description: `a git-LFS pointer${realSize === undefined ? '' : ` (the real file has ${realSize} bytes)`}`,
      hint: 'Run "git lfs pull" in the repository, or download the file itself.',
    };
  }
  const start = text.trimStart().slice(0, 32).toLowerCase();
  if (start.startsWith('<!doctype html') || start.startsWith('<html')) {
    return {
      kind: 'html',
      description: 'an HTML page (usually an error or login page saved instead of the model)',
      hint: 'Download the file itself: on Hugging Face the link contains /resolve/, not /blob/.',
    };
  }
  if (/^[{[]/.test(start)) {
    return {
      kind: 'json',
      description: 'a JSON document',
      hint: 'Give the file with the weights.',
    };
  }
  if (/^\0+$/.test(text)) {
    return {
      kind: 'zeros',
      description: `a file of zeros (${size} bytes reserved by a download that did not finish)`,
      hint: fetchAgain,
    };
  }
  if (/^[\t\n\r\x20-\x7e]+$/.test(text)) {
    const firstLine = text.split(/[\r\n]/)[0]?.slice(0, 60) ?? '';
    return {
      kind: 'text',
      description: `a text file (it starts with "${firstLine}")`,
      hint: fetchAgain,
    };
  }
  return undefined;
}

/** A safetensors file starts with the length of its JSON header, which starts with a brace. */
function recognizeSafetensors(head: Uint8Array, size: number): RecognizedFile | undefined {
  if (head.length < 9 || head[8] !== 0x7b) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (view.getBigUint64(0, true) + 8n > BigInt(size)) return undefined;
  return {
    kind: 'safetensors',
    description: 'a safetensors file',
    hint: 'Give the folder that holds it together with its config.json.',
  };
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
