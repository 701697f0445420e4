// Fits a hybrid: a type for every tensor under a budget, searched on some texts, proven against a stock level on others.
import { ImatrixFields } from './imatrix-fields.tsx';
import { useEffect, useState } from 'react';
import type { FoundSuite } from '#src/contract/quality/suites.ts';
import { followLibrary, loadLibrary, useLibrary } from '#renderer/stores/library-store.ts';
import { pickFile } from '#renderer/stores/picker-store.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Checkbox } from '#renderer/ui/checkbox.tsx';
import { Field } from '#renderer/ui/field.tsx';
import { NumberInput } from '#renderer/ui/number-input.tsx';
import { TextInput } from '#renderer/ui/text-input.tsx';
import { addReference } from '../add-run/add-reference.ts';
import { isUnquantized } from '../add-run/model-choice.ts';
import { ReferenceSelect } from '../add-run/reference-select.tsx';
import { StartJobDialog } from '../add-run/start-job-dialog.tsx';
import { BudgetFields } from './budget-fields.tsx';
import {
  emptyHybrid,
  problemOf,
  requestOf,
  suggestedName,
  suggestedRoles,
  suggestedTitle,
  textsOf,
  type HybridDraft,
} from './hybrid-draft.ts';
import css from './hybrid.module.css';
import { TextRoles } from './text-roles.tsx';

type Change = (changes: Partial<HybridDraft>) => void;

export function FitHybridDialog({ onClose }: { onClose: () => void }) {
  const { entries } = useLibrary();
  const [draft, setDraft] = useState<HybridDraft>(emptyHybrid);
  const [suites, setSuites] = useState<readonly FoundSuite[] | undefined>();
  const [problem, setProblem] = useState<unknown>();
  const change: Change = (changes) => setDraft((before) => ({ ...before, ...changes }));
  const source = entries.find(({ file }) => file.id === draft.source)?.name;
  useEffect(() => {
    followLibrary();
    void loadLibrary();
    studio()
      .call('listSuites', {})
      .then((found) => {
        const texts = found.filter(({ kind }) => kind !== 'tasks');
        setSuites(texts);
        change({ suites: suggestedRoles(texts) });
      }, setProblem);
  }, []);
  // One model that it can be is the one that is meant.
  const candidates = entries.filter(isUnquantized);
  const only = candidates.length === 1 ? candidates[0]?.file.id : undefined;
  useEffect(() => {
    if (only !== undefined) setDraft((before) => ({ ...before, source: before.source ?? only }));
  }, [only]);
  return (
    <StartJobDialog
      onClose={onClose}
      title="Fit a hybrid"
      action="Fit"
      missing={problemOf(draft)}
      cost={costText(draft)}
      start={() => studio().call('startAllocation', requestOf(draft, source))}
      begun="The search has begun. Its proof appears here as a run when it is done."
      problem={problem}
    >
      <div className={css.halves}>
        <div className={css.half}>
          <Field label="Unquantized model">
            <div className={css.line}>
              <ReferenceSelect
                entries={entries}
                value={draft.source}
                onChange={(id) => change({ source: id })}
              />
              <Button onClick={() => void addReference((id) => change({ source: id }))}>
                Choose…
              </Button>
            </div>
          </Field>
          <BudgetFields draft={draft} onChange={change} />
          <ImatrixFields
            imatrix={draft.imatrix}
            imatrixTexts={draft.imatrixTexts}
            entries={entries}
            hint="Weighs rounding errors, of the hybrid and of the level alike."
            onChange={change}
          />
          <OutputFields draft={draft} source={source} onChange={change} />
        </div>
        <div className={css.half}>
          <Field label="Title">
            <TextInput
              value={draft.title}
              maxLength={300}
              placeholder={suggestedTitle(draft, source)}
              onChange={(title) => change({ title })}
            />
          </Field>
          <TextRoles suites={suites} draft={draft} onChange={change} />
          <SearchFields draft={draft} onChange={change} />
        </div>
      </div>
    </StartJobDialog>
  );
}

interface PartProps {
  draft: HybridDraft;
  onChange: Change;
}

function OutputFields({ draft, source, onChange }: PartProps & { source: string | undefined }) {
  const { folder, name, overwrite } = draft;
  const choose = async () => {
    const file = await pickFile('output-folder', 'Choose where the file is written');
    if (file !== undefined) onChange({ folder: file });
  };
  return (
    <section aria-label="Output" className={css.budget}>
      <Field
        label="Output"
        hint={folder === undefined ? 'In the outputs of the workspace.' : `In ${folder.path}.`}
      >
        <div className={css.line}>
          <TextInput
            value={name}
            maxLength={200}
            placeholder={suggestedName(draft, source)}
            onChange={(next) => onChange({ name: next })}
          />
          <Button onClick={() => void choose()}>Folder…</Button>
        </div>
      </Field>
      <Checkbox checked={overwrite} onChange={(next) => onChange({ overwrite: next })}>
        Replace a file of that name
      </Checkbox>
    </section>
  );
}

function SearchFields({ draft, onChange }: PartProps) {
  const { contextSize, chunks, probe, probeChunks, moves, tensorErrors, budgetKind } = draft;
  return (
    <details className={css.more}>
      <summary>How thoroughly</summary>
      <div className={css.moreBody}>
        <div className={css.row}>
          <Field label="Context" hint="llama-perplexity's -c">
            <NumberInput
              value={contextSize}
              minimum={16}
              maximum={1_048_576}
              step={1}
              onChange={(next) => onChange({ contextSize: next })}
            />
          </Field>
          <Field label="Chunks per proof text" hint="From its start; empty for all">
            <NumberInput
              value={chunks}
              minimum={1}
              step={1}
              placeholder="all"
              onClear={() => onChange({ chunks: undefined })}
              onChange={(next) => onChange({ chunks: next })}
            />
          </Field>
        </div>
        <Checkbox checked={probe} onChange={(next) => onChange({ probe: next })}>
          Measure how much each group of tensors matters
        </Checkbox>
        <div className={css.row}>
          <Field label="Probe chunks" hint="Of all texts of the search together">
            <NumberInput
              value={probeChunks}
              minimum={1}
              maximum={100_000}
              step={1}
              disabled={!probe && moves === 0 && budgetKind !== 'kld'}
              onChange={(next) => onChange({ probeChunks: next })}
            />
          </Field>
          <Field
            label="Moves"
            hint={budgetKind === 'kld' ? 'Not for a KLD' : 'Changes that are tried afterwards'}
          >
            <NumberInput
              value={moves}
              minimum={0}
              maximum={10_000}
              step={1}
              disabled={budgetKind === 'kld'}
              onChange={(next) => onChange({ moves: next })}
            />
          </Field>
        </div>
        <Checkbox checked={tensorErrors} onChange={(next) => onChange({ tensorErrors: next })}>
          Rounding error of every tensor
        </Checkbox>
      </div>
    </details>
  );
}

function costText(draft: HybridDraft): string {
  const proof = textsOf(draft, 'proof');
  const texts = proof.suites.length + proof.files.length;
  const each = draft.chunks === undefined ? 'whole' : `${draft.chunks} chunks each`;
  const probes = draft.probe
    ? `A probe per group of tensors on ${draft.probeChunks} chunks; `
    : 'No probes; ';
  return `${probes}proof on ${texts} ${texts === 1 ? 'text' : 'texts'}, ${each}`;
}
