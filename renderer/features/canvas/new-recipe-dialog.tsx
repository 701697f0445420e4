// A new recipe from a template: which domain, for which use, bundled or merged, at which levels.
import { useEffect, useState } from 'react';
import { recipeLevels } from '#src/recipe/recipe-schema.ts';
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { Button } from '#renderer/ui/button.tsx';
import { FilterChip } from '#renderer/ui/chip.tsx';
import { Dialog } from '#renderer/ui/dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { Field } from '#renderer/ui/field.tsx';
import { LevelTag } from '#renderer/ui/level-tag.tsx';
import { Segmented } from '#renderer/ui/tabs.tsx';
import { Select } from '#renderer/ui/select.tsx';
import { followLibrary, useLibrary } from '#renderer/stores/library-store.ts';
import type { StudioParams } from '#renderer/studio-client.ts';
import { entryFits, loadDomains, useCanvasLibrary } from './canvas-library.ts';
import { useCanvas } from './canvas-store.ts';
import { openEmpty, openTemplate } from './document-files.ts';
import { usualLevels } from './level-sizes.ts';
import { templates, type TemplateName } from './templates.ts';
import css from './workflow-screen.module.css';

export function NewRecipeDialog() {
  const dialog = useCanvas((store) => store.dialog);
  if (dialog?.dialog !== 'new') return null;
  return <OpenDialog template={dialog.template ?? 'domain'} />;
}

const compared = ['Q8_0', 'Q6_K', 'Q5_K_M', 'Q4_K_M', 'Q3_K_M', 'Q2_K'];

function OpenDialog({ template: first }: { template: TemplateName }) {
  const domains = useCanvasLibrary((store) => store.domains);
  const entries = useLibrary((store) => store.entries);
  const [template, setTemplate] = useState<TemplateName>(first);
  const [domain, setDomain] = useState<string | undefined>();
  const [useCase, setUseCase] = useState<string | undefined>();
  const [form, setForm] = useState<'bundled' | 'merged'>('bundled');
  const [levels, setLevels] = useState<readonly string[] | undefined>();
  const [base, setBase] = useState<string | undefined>();
  const [busy, setBusy] = useState(false);
  useEffect(() => void loadDomains(), []);
  useEffect(followLibrary, []);

  const close = () => useCanvas.setState({ dialog: undefined });
  const chosenDomain = domains?.domains.find(({ name }) => name === domain) ?? domains?.domains[0];
  const useName = useCase ?? chosenDomain?.useCase;
  const ofUse = domains?.useCases.find(({ name }) => name === useName)?.levels ?? [];
  const chosenLevels = levels ?? (template === 'compare-levels' ? compared : ofUse);
  const bases = entries.filter((entry) => entryFits(entry, 'base'));
  const chosenBase = base ?? bases[0]?.file.id;

  const make = async () => {
    if (template === 'empty') {
      openEmpty();
      return;
    }
    setBusy(true);
    const params = paramsFor();
    if (params !== undefined && (await openTemplate(params))) close();
    setBusy(false);
  };
  const paramsFor = (): StudioParams<'makeFromTemplate'> | undefined => {
    switch (template) {
      case 'empty':
        return { template };
      case 'universal':
      case 'family':
        return { template, form };
      case 'compare-levels':
        return {
          template,
          ...(chosenBase === undefined ? {} : { base: chosenBase }),
          levels: [...chosenLevels],
        };
      case 'domain':
        return chosenDomain === undefined
          ? undefined
          : {
              template,
              domain: chosenDomain.name,
              form,
              ...(useName === undefined ? {} : { useCase: useName }),
              ...(chosenLevels.length === 0 ? {} : { levels: [...chosenLevels] }),
            };
    }
  };
  const toggle = (level: string) =>
    setLevels(
      recipeLevels.filter((one) =>
        one === level ? !chosenLevels.includes(one) : chosenLevels.includes(one),
      ),
    );
  const needsDomain = template === 'domain' && chosenDomain === undefined;

  return (
    <Dialog
      open
      onClose={close}
      title="New recipe"
      width={560}
      actions={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button
            variant="primary"
            busy={busy}
            disabled={
              needsDomain ||
              ((template === 'domain' || template === 'compare-levels') &&
                chosenLevels.length === 0)
            }
            onClick={() => void make()}
          >
            Make recipe
          </Button>
        </>
      }
    >
      <div className={css.form}>
        <div className={css.templates} role="radiogroup" aria-label="Template">
          {templates.map(({ name, title, text }) => (
            <button
              key={name}
              type="button"
              role="radio"
              aria-checked={name === template}
              className={css.template}
              onClick={() => {
                setTemplate(name);
                setLevels(undefined);
              }}
            >
              <strong>{title}</strong>
              <span>{text}</span>
            </button>
          ))}
        </div>
        {domains?.problem !== undefined &&
          template !== 'compare-levels' &&
          template !== 'empty' && (
            <ErrorNotice
              error={{
                message: domains.problem,
                hint: 'Correct the model mapping of the workspace, or start from a base.',
              }}
            />
          )}
        {template === 'domain' && chosenDomain !== undefined && (
          <>
            <Field label="Domain" hint={chosenDomain.subdomains.join(', ')}>
              <Select
                value={chosenDomain.name}
                options={(domains?.domains ?? []).map(({ name }) => ({ value: name, label: name }))}
                onChange={(name) => {
                  setDomain(name);
                  setUseCase(undefined);
                  setLevels(undefined);
                }}
              />
            </Field>
            <Field label="Use case" hint="Chooses the levels and the context window.">
              <Select
                value={useName ?? ''}
                options={(domains?.useCases ?? []).map((one) => ({
                  value: one.name,
                  label: one.name,
                }))}
                onChange={(name) => {
                  setUseCase(name);
                  setLevels(undefined);
                }}
              />
            </Field>
          </>
        )}
        {(template === 'domain' || template === 'universal' || template === 'family') && (
          <div className={css.choice}>
            <span className="label">Form</span>
            <Segmented
              label="Form"
              value={form}
              options={[
                { value: 'bundled', label: 'Bundled: adapters inside the file' },
                { value: 'merged', label: 'Merged: in the weights' },
              ]}
              onChange={setForm}
            />
          </div>
        )}
        {template === 'compare-levels' && (
          <Field label="Base">
            <Select<string>
              value={chosenBase ?? ''}
              options={bases.map((entry) => ({
                value: entry.file.id,
                label: entry.name,
                description: baseDetail(entry),
              }))}
              onChange={setBase}
            />
          </Field>
        )}
        {(template === 'domain' || template === 'compare-levels') && (
          <div className={css.choice}>
            <span className="label">Levels</span>
            <div className={css.chips} role="group" aria-label="Levels">
              {recipeLevels
                .filter((level) => usualLevels.includes(level) || chosenLevels.includes(level))
                .map((level) => (
                  <FilterChip
                    key={level}
                    pressed={chosenLevels.includes(level)}
                    onChange={() => toggle(level)}
                  >
                    <LevelTag level={level} />
                  </FilterChip>
                ))}
            </div>
          </div>
        )}
      </div>
    </Dialog>
  );
}

function baseDetail(entry: LibraryEntry): string {
  return [entry.format, entry.architecture, entry.type]
    .filter((part) => part !== undefined)
    .join(' · ');
}
