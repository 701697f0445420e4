// What the last run wrote: size, time, hash, and where it can go from here.
import { useEffect, useState } from 'react';
import type { Job } from '#src/contract/jobs.ts';
import type { FileReference } from '#src/contract/studio/files.ts';
import type { RecipeNode } from '#src/recipe/recipe-schema.ts';
import { lastPathPart } from '#src/recipe/node-names.ts';
import { formatBytes, formatDuration } from '#src/text/format-number.ts';
import { Button } from '#renderer/ui/button.tsx';
import { CopyButton } from '#renderer/ui/copy-button.tsx';
import { LevelTag } from '#renderer/ui/level-tag.tsx';
import { notify } from '#renderer/ui/notify.ts';
import { handOver } from '#renderer/stores/navigation-store.ts';
import { studio, useStudio } from '#renderer/stores/studio-store.ts';
import type { CanvasDocument } from './canvas-document.ts';
import { useCanvas } from './canvas-store.ts';
import css from './inspector.module.css';
import { planOf } from './node-state.ts';
import { useJobOf } from './run-actions.tsx';

type OutputFile = FileReference & { readonly level: string; readonly exists: boolean };

/** References of a job's outputs, asked for once it is done. */
function useOutputs(job: Job | undefined): readonly OutputFile[] {
  const [outputs, setOutputs] = useState<readonly OutputFile[]>([]);
  const done = job?.state === 'done' ? job.id : undefined;
  useEffect(() => {
    setOutputs([]);
    if (done === undefined) return;
    let current = true;
    studio()
      .call('listJobOutputs', { job: done })
      .then(
        (files) => current && setOutputs(files),
        (error: unknown) => notify.error(error),
      );
    return () => {
      current = false;
    };
  }, [done]);
  return outputs;
}

/** Outputs of one node: a package, or the quantize step that made them. */
export function NodeOutputs({ node, document }: { node: RecipeNode; document: CanvasDocument }) {
  const plan = useCanvas((store) => planOf(store)?.plan);
  if (node.kind !== 'quantize' && node.kind !== 'package') return null;
  const paths = new Set(
    plan?.outputs
      .filter((output) => output.node === node.id || output.quantizeNode === node.id)
      .map(({ path }) => path),
  );
  return <Outputs document={document} only={(path) => paths.has(path)} />;
}

export interface OutputsProps {
  document: CanvasDocument;
  only?: (path: string) => boolean;
}

export function Outputs({ document, only = () => true }: OutputsProps) {
  const job = useJobOf(document);
  const references = useOutputs(job);
  const desktop = useStudio((store) => store.state?.mode === 'desktop');
  if (job?.state !== 'done' || job.result === undefined) return null;
  const files = job.result.files.filter(({ path }) => only(path));
  if (files.length === 0) return null;
  const referenceOf = (path: string) => references.find((one) => one.path === path);
  const all = files.flatMap(({ path }) => referenceOf(path) ?? []).filter(({ exists }) => exists);
  return (
    <section className={css.group} aria-label="Outputs">
      <div className={css.headRow}>
        <h3 className="label">Outputs</h3>
        <span className="num">{formatDuration(job.result.seconds)}</span>
      </div>
      {files.map((file) => {
        const reference = referenceOf(file.path);
        return (
          <div key={file.path} className={css.output}>
            <div className={css.outputHead}>
              <LevelTag level={file.level} />
              <span className="num">
                {formatBytes(file.bytes)} · {file.bitsPerWeight.toFixed(2)} bpw
              </span>
            </div>
            <span className={css.path} title={file.path}>
              {lastPathPart(file.path)}
            </span>
            <div className={css.outputHead}>
              <span className="num" title={file.sha256}>
                {file.sha256.slice(0, 12)}
              </span>
              <span className={css.text}>{file.reused ? 'was current' : 'written'}</span>
              <CopyButton text={file.sha256} label="Copy the hash" />
            </div>
            {reference?.exists === false && <p className={css.text}>The file is gone.</p>}
            {reference?.exists === true && (
              <div className={css.row}>
                <Button onClick={() => handOver({ to: 'chat', files: [reference] })}>Chat</Button>
                {desktop && <Button onClick={() => void show(reference)}>Show in folder</Button>}
              </div>
            )}
          </div>
        );
      })}
      {all.length > 1 && (
        <div className={css.row}>
          <Button onClick={() => handOver({ to: 'chat', files: all })}>
            Chat with all side by side
          </Button>
          <Button onClick={() => handOver({ to: 'compare', files: all })}>Compare</Button>
        </div>
      )}
    </section>
  );
}

async function show(file: FileReference): Promise<void> {
  try {
    await studio().call('showInFolder', { file: file.id });
  } catch (error) {
    notify.error(error);
  }
}
