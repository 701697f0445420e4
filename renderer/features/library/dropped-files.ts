// What was dropped on a browser's window, as a flat list with folder names; and what of it cannot be taken.
export interface DroppedFile {
  readonly file: Pick<File, 'size' | 'slice'>;
  /** With its folders: `my-adapter/adapter_config.json`. */
  readonly name: string;
}

const mostFiles = 200;
const gigabyte = 1e9;

/** Reads folders too. What is hidden is passed over. */
export async function filesOfDrop(transfer: DataTransfer): Promise<readonly DroppedFile[]> {
  // Everything must be asked for before the first wait: afterwards the browser has emptied the transfer.
  const items = [...transfer.items].map((item) => ({
    entry: item.webkitGetAsEntry(),
    file: item.getAsFile(),
  }));
  const files: DroppedFile[] = [];
  for (const { entry, file } of items) {
    if (entry !== null) await collect(entry, files);
    else if (file !== null) files.push({ file, name: file.name });
  }
  return files;
}

async function collect(entry: FileSystemEntry, files: DroppedFile[]): Promise<void> {
  if (entry.name.startsWith('.') || files.length >= mostFiles) return;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    files.push({ file, name: entry.fullPath.replace(/^\//, '') });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (batch.length === 0) return;
    for (const inner of batch) await collect(inner, files);
  }
}

export interface Refusal {
  readonly message: string;
  readonly hint: string;
}

const taken = /\.(json|txt|md|jsonl|gguf|safetensors|bin|imatrix|dat|jinja)$/i;

/** Why a dropped file is not uploaded; undefined when it is. */
export function refusalOf({ file, name }: DroppedFile): Refusal | undefined {
  const base = name.slice(name.lastIndexOf('/') + 1);
  if (!taken.test(base)) {
    return {
      message: `${base} is neither an adapter, nor a text, nor a recipe.`,
      hint: 'Dropping takes adapters (.gguf, .safetensors with its adapter_config.json), texts and recipes.',
    };
  }
  const model = /^(model|pytorch_model|consolidated)\b.*\.(safetensors|bin)$/i.test(base);
  if (model || file.size > gigabyte) {
    return {
      message: `${base} is a model (${(file.size / gigabyte).toFixed(2)} GB); the browser does not upload models.`,
      hint: 'The studio reads models where they are: use "Add models" or "Add a model folder" and choose it on the machine that runs the studio.',
    };
  }
  return undefined;
}
