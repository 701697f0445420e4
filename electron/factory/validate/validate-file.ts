// Validates one file on disk: joins the validate stage with llama.cpp, Node's hash, the adapter cache and the prompts.
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import promptsFile from '../../../configs/validation_prompts.json' with { type: 'json' };
import type { StageRun } from '#src/contract/stage-events.ts';
import type { ValidationReport } from '#src/contract/validation.ts';
import { extractBundleMember } from '#src/io/extract-adapter.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { hashingByteSource } from '#src/io/hashing-byte-source.ts';
import { validateModel } from '#src/stages/validate/validate-model.ts';
import type { ValidationPorts } from '#src/stages/validate/validation-ports.ts';
import { parseValidationPrompts } from '#src/stages/validate/validation-prompts.ts';
import { nativeLibrary } from '../native-library.ts';
import { createValidationEngine } from './native-validation-engine.ts';

export interface ValidateFileOptions {
  readonly depth: 'structure' | 'full';
  readonly threads?: number;
  /** Report the SHA-256 of the whole file, taken while its tensors are read. */
  readonly fileHash?: boolean;
  readonly signal: AbortSignal;
}

/**
 * Validates the GGUF at `path` (any name, also a partial one). The report says what failed; thrown are only `io/*`,
 * `native/unavailable` and cancelling.
 */
export async function* validateFile(
  path: string,
  options: ValidateFileOptions,
): StageRun<ValidationReport> {
  const source = hashingByteSource(await openFileByteSource(path));
  try {
    const report = yield* validateModel(
      {
        path,
        source,
        openSibling: (fileName) => openFileByteSource(join(dirname(path), fileName)),
      },
      { ...options, prompts: parseValidationPrompts(promptsFile, 'validation_prompts.json') },
      validationPorts(),
    );
    return options.fileHash === true ? { ...report, sha256: await source.digest() } : report;
  } finally {
    await source.close();
  }
}

function validationPorts(): ValidationPorts {
  return {
    engine: createValidationEngine(nativeLibrary()),
    createSha256() {
      const hash = createHash('sha256');
      return {
        update: (bytes) => void hash.update(bytes),
        digest: () => hash.digest('hex'),
      };
    },
    extractMember: (source, member) => extractBundleMember(source, member),
    now: () => performance.now() / 1000,
  };
}
