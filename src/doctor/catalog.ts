// Every finding's area, severity, and what to say where a check knows nothing better. One entry per code of the contract,
// kept whole by the compiler; the documentation lists them from here.
import type { DiagnosisArea, FindingCode, Severity } from '#src/contract/doctor/finding.ts';

export interface CatalogEntry {
  readonly area: DiagnosisArea;
  readonly severity: Severity;
  /** What most likely did it. */
  readonly cause: string;
  /** What repair would do, or what the user can do. */
  readonly remedy: string;
}

const entry = (
  area: DiagnosisArea,
  severity: Severity,
  cause: string,
  remedy: string,
): CatalogEntry => ({ area, severity, cause, remedy });

const download = 'A download or copy stopped before its end.';
const otherTool = 'A tool wrote or edited the file wrongly.';
const flipped = 'Bytes changed on the way: a faulty disk, memory or transfer.';
const converted = 'The conversion was made with a faulty or outdated tool, or the file was edited.';
const fetchAgain = 'Fetch the file again.';
const writeHeader = 'Repair writes the header anew.';
const fromSource =
  'Repair derives them again from the source that the file names or that you give.';

export const findingCatalog: Readonly<Record<FindingCode, CatalogEntry>> = {
  'file/empty': entry('structure', 'error', download, fetchAgain),
  'file/lfs-pointer': entry('structure', 'error', 'The repository was cloned without git-LFS.', 'Run "git lfs pull", or download the file itself.'),
  'file/web-page': entry('structure', 'error', 'A browser or script saved the page about the file instead of the file.', 'Download the file itself: on Hugging Face the link contains /resolve/.'),
  'file/safetensors': entry('structure', 'error', 'The weights of the original model were given.', 'Convert the folder that holds it: gguf-studio convert FOLDER.'),
  'file/zip': entry('structure', 'error', 'An archive or a PyTorch checkpoint was given.', 'Unpack it, or convert the folder of the checkpoint.'),
  'file/legacy-ggml': entry('structure', 'error', 'The file was made before August 2023.', 'Convert the original model to GGUF: the old formats lack what llama.cpp needs today.'),
  'file/zeros': entry('structure', 'error', 'A download reserved the space and never filled it.', fetchAgain),
  'file/unknown': entry('structure', 'error', 'Another file was given, or its first bytes are destroyed.', 'Check that the right file was given, and fetch it again.'),
  'file/big-endian': entry('structure', 'info', 'It was made for a big-endian machine (IBM Z, POWER).', 'Convert it with gguf-py where you need it here: gguf-convert-endian FILE little.'),

  'structure/version': entry('structure', 'error', flipped, writeHeader),
  'structure/counts': entry('structure', 'error', flipped, writeHeader),
  'structure/metadata-entry': entry('structure', 'error', flipped, 'Fetch the file again, or repair it with its source.'),
  'structure/metadata-twice': entry('structure', 'error', otherTool, 'Repair keeps the first of the entries.'),
  'structure/tensor-entry': entry('structure', 'error', flipped, 'Fetch the file again, or repair it with its source.'),
  'structure/tensor-twice': entry('structure', 'error', otherTool, 'Repair keeps one of them.'),
  'structure/tensor-type': entry('structure', 'error', flipped, 'Fetch the file again, or quantize the model again.'),
  'structure/tensor-shape': entry('structure', 'error', flipped, 'Fetch the file again, or repair it with its source.'),
  'structure/alignment': entry('structure', 'error', otherTool, 'Repair writes the alignment that the tensors have.'),
  'structure/offsets': entry('structure', 'error', otherTool, 'Repair writes the tensors anew, each where it belongs.'),
  'structure/order': entry('structure', 'error', otherTool, 'Repair writes the tensors in the order of their records.'),
  'structure/header-truncated': entry('structure', 'error', download, 'Continue the download or fetch the file again.'),
  'structure/truncated': entry('structure', 'error', download, `Continue the download. ${fromSource}`),
  'structure/unknown-tail': entry('structure', 'warning', 'Something was appended, or two files were joined.', 'Repair leaves the bytes behind the last tensor out.'),
  'split/part-missing': entry('structure', 'error', 'Not all parts were downloaded or copied.', 'Fetch the missing part into the same folder.'),
  'split/part-misnamed': entry('structure', 'error', 'A part was renamed.', 'Give the parts the names that they were published with; repair joins them.'),
  'split/part-foreign': entry('structure', 'error', 'Parts of different splits lie in one folder.', 'Fetch the part again.'),
  'bundle/list': entry('structure', 'error', 'A tool rewrote the header and moved what lies behind it.', 'Repair places the adapters anew.'),
  'bundle/tail-missing': entry('structure', 'error', 'A tool that does not know bundles rewrote the file and dropped the adapters.', 'Repair takes the adapters back from their files by hash.'),
  'bundle/adapter-damaged': entry('structure', 'error', flipped, 'Repair takes the adapter back from its file by hash.'),

  'values/not-finite': entry('values', 'error', 'Training or merging overflowed, or bytes changed on the way.', fromSource),
  'values/scale-not-finite': entry('values', 'error', flipped, fromSource),
  'values/scale-absurd': entry('values', 'error', flipped, fromSource),
  'values/all-zero': entry('values', 'error', 'The space was reserved and never written.', fromSource),
  'values/zero-range': entry('values', 'error', 'A download or a disk left a hole: the space was reserved and never written.', fromSource),
  'values/duplicate': entry('values', 'error', 'A tool wrote one tensor under two names.', fromSource),
  'values/differs': entry('values', 'error', 'The tensor was damaged or comes from another model.', fromSource),

  'hashes/list': entry('hashes', 'warning', 'A tool changed the tensors and kept the list of hashes.', 'Repair writes the list anew.'),
  'hashes/tensor': entry('hashes', 'error', flipped, fromSource),
  'hashes/file': entry('hashes', 'error', 'The file was changed or damaged after its hash was written.', fetchAgain),

  'metadata/architecture': entry('metadata', 'error', converted, 'Repair sets the architecture that the tensors show.'),
  'metadata/missing': entry('metadata', 'error', converted, 'Repair adds the entry.'),
  'metadata/type': entry('metadata', 'error', converted, 'Repair writes the value with the type that llama.cpp reads.'),
  'metadata/contradiction': entry('metadata', 'error', converted, 'Repair sets what follows from the tensors.'),
  'metadata/tensor-missing': entry('metadata', 'error', otherTool, fromSource),
  'metadata/tensor-unexpected': entry('metadata', 'warning', otherTool, 'llama.cpp refuses files with more tensors than it knows: convert the model again.'),
  'metadata/tensor-shape': entry('metadata', 'error', converted, 'Convert the model again.'),
  'metadata/context': entry('metadata', 'warning', converted, 'Repair sets the value.'),
  'metadata/rope': entry('metadata', 'warning', converted, 'Repair sets the value.'),
  'metadata/file-type': entry('metadata', 'info', otherTool, 'Repair sets the value.'),
  'metadata/differs': entry('metadata', 'warning', converted, "Repair takes the source's value."),

  'tokenizer/missing': entry('tokenizer', 'error', converted, "Repair takes the source's tokenizer."),
  'tokenizer/model': entry('tokenizer', 'error', converted, 'Repair sets the tokenizer that the vocabulary shows.'),
  'tokenizer/token-count': entry('tokenizer', 'error', converted, "Repair takes the source's vocabulary."),
  'tokenizer/token-types': entry('tokenizer', 'error', converted, 'Repair sets the types.'),
  'tokenizer/tokens': entry('tokenizer', 'error', flipped, "Repair takes the source's vocabulary."),
  'tokenizer/scores': entry('tokenizer', 'error', converted, "Repair takes the source's scores."),
  'tokenizer/merges': entry('tokenizer', 'error', converted, "Repair takes the source's merges."),
  'tokenizer/special-id': entry('tokenizer', 'error', converted, 'Repair sets the id.'),
  'tokenizer/end-token': entry('tokenizer', 'warning', converted, 'Repair sets the token that ends a turn.'),
  'tokenizer/pre-missing': entry('tokenizer', 'warning', 'It was converted before April 2024.', 'Repair adds the pre-tokenizer that the vocabulary belongs to.'),
  'tokenizer/pre-unknown': entry('tokenizer', 'error', converted, 'Repair sets the pre-tokenizer that the vocabulary belongs to.'),
  'tokenizer/pre-wrong': entry('tokenizer', 'warning', converted, 'Repair sets the pre-tokenizer that the vocabulary belongs to.'),
  'tokenizer/round-trip': entry('tokenizer', 'warning', converted, "Repair takes the source's tokenizer."),
  'tokenizer/differs': entry('tokenizer', 'error', converted, "Repair takes the source's tokenizer."),

  'template/missing': entry('template', 'warning', converted, "Repair takes the source's template, or the registry's for this family."),
  'template/syntax': entry('template', 'error', converted, "Repair takes the source's template, or the registry's for this family."),
  'template/rendering': entry('template', 'error', converted, "Repair takes the source's template, or the registry's for this family."),
  'template/ending': entry('template', 'warning', converted, "Repair takes the source's template, or the registry's for this family."),
  'template/tokens': entry('template', 'warning', converted, "Repair takes the source's template, or the registry's for this family."),
  'template/differs': entry('template', 'warning', converted, "Repair takes the source's template."),

  'behaviour/load': entry('behaviour', 'error', 'llama.cpp refuses the file.', 'Repair what the other findings name, or convert the model again.'),
  'behaviour/crash': entry('behaviour', 'error', 'llama.cpp trusts a value of the file that is wrong.', 'Repair what the other findings name, or convert the model again.'),
  'behaviour/not-finite': entry('behaviour', 'error', 'Weights or settings overflow while computing.', fromSource),
  'behaviour/repeats': entry('behaviour', 'warning', 'The chat template, the tokenizer or the weights are wrong.', 'Repair what the other findings name, or quantize at a higher level.'),
  'behaviour/perplexity': entry('behaviour', 'warning', 'The weights or the tokenizer are not those of the source.', 'Compare with the source: gguf-studio doctor FILE --source SOURCE.'),
}; // prettier-ignore
