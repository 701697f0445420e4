// Chooses what a column holds: a GGUF of the library, grouped by family, and the adapters on it.
import { useEffect, useMemo, useState } from 'react';
import type { ColumnModel } from '#src/contract/conversation.ts';
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { pickFile } from '#renderer/stores/picker-store.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Chip } from '#renderer/ui/chip.tsx';
import { Dialog } from '#renderer/ui/dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { LevelTag } from '#renderer/ui/level-tag.tsx';
import { SearchInput } from '#renderer/ui/text-input.tsx';
import { columnModelOf, groupModels, modelName, otherLevels } from '../logic/model-groups.ts';
import { useChat } from '../state/chat-store.ts';
import { addModels, chooseModel, modelOfFile, readLibrary } from '../state/column-actions.ts';
import { rememberFile } from '../state/column-runner.ts';
import { AdapterChoice } from './adapter-choice.tsx';
import css from './model-dialog.module.css';

/** More lines than anyone reads; the search narrows them. */
const mostLines = 200;

export function ModelDialog({ column }: { column: string }) {
  const present = useChat(
    ({ conversation }) => conversation.columns.find(({ id }) => id === column)?.model ?? undefined,
  );
  const library = useChat((state) => state.library);
  const problem = useChat((state) => state.libraryProblem);
  const [search, setSearch] = useState('');
  const [chosen, setChosen] = useState<ColumnModel | undefined>(present);
  const groups = useMemo(() => groupModels(library ?? [], search), [library, search]);
  const entry = library?.find(({ file }) => file.recipePath === chosen?.path);
  const siblings = entry === undefined ? [] : otherLevels(library ?? [], nameAndLevel(entry));
  const isNew = column === 'new';
  const close = () => useChat.setState({ choosingFor: undefined });

  useEffect(() => void readLibrary(), []);

  const take = (all: boolean) => {
    if (chosen === undefined) return;
    if (entry !== undefined) rememberFile(entry.file);
    if (isNew) addModels([chosen]);
    else chooseModel(column, chosen);
    if (all) {
      for (const { file } of siblings) rememberFile(file);
      addModels(
        siblings.map((sibling) => ({ ...columnModelOf(sibling), adapters: chosen.adapters })),
        isNew ? undefined : column,
      );
    }
    close();
  };

  const pick = async () => {
    const file = await pickFile('gguf', 'Choose a GGUF file');
    if (file === undefined) return;
    rememberFile(file);
    setChosen(await modelOfFile(file));
    await readLibrary();
  };

  let left = mostLines;
  return (
    <Dialog
      open
      onClose={close}
      title={isNew ? 'Add a column' : 'Choose model and adapters'}
      width={760}
      actions={
        <>
          <Button variant="quiet" onClick={() => void pick()}>
            Choose a file…
          </Button>
          {siblings.length > 0 && (
            <Button onClick={() => take(true)}>Take all {siblings.length + 1} levels</Button>
          )}
          <Button variant="primary" disabled={chosen === undefined} onClick={() => take(false)}>
            {isNew ? 'Add column' : 'Use this model'}
          </Button>
        </>
      }
    >
      <div className={css.halves}>
        <div className={css.models}>
          <SearchInput
            label="Search models"
            placeholder="Name, domain, level"
            value={search}
            onChange={setSearch}
          />
          <div className={css.list} tabIndex={0} role="group" aria-label="Models">
            {problem !== undefined && <ErrorNotice error={problem} />}
            {library === undefined && problem === undefined && (
              <p className={css.muted}>Reading the library…</p>
            )}
            {library !== undefined && groups.length === 0 && (
              <p className={css.muted}>
                {search === ''
                  ? 'The library holds no GGUF that can chat. Build one in Workflow, or choose a file.'
                  : `No model matches “${search}”.`}
              </p>
            )}
            {groups.map(({ title, entries }) => {
              const shown = entries.slice(0, Math.max(0, left));
              left -= shown.length;
              if (shown.length === 0) return null;
              return (
                <section key={title} aria-label={title}>
                  <h3 className={css.group}>{title}</h3>
                  {shown.map((model) => (
                    <ModelLine
                      key={model.file.id}
                      entry={model}
                      chosen={model.file.recipePath === chosen?.path}
                      choose={() => setChosen(columnModelOf(model))}
                      take={() => take(false)}
                    />
                  ))}
                </section>
              );
            })}
            {left <= 0 && <p className={css.muted}>More models match; narrow the search.</p>}
          </div>
        </div>
        <div className={css.adapters}>
          {chosen === undefined ? (
            <p className={css.muted}>Choose a model to see its adapters.</p>
          ) : (
            <AdapterChoice
              key={chosen.path}
              model={chosen}
              entry={entry}
              onChange={(adapters) => setChosen({ ...chosen, adapters })}
            />
          )}
        </div>
      </div>
    </Dialog>
  );
}

function nameAndLevel(entry: LibraryEntry): { name: string; level?: string } {
  const name = modelName(entry);
  return entry.type === undefined ? { name } : { name, level: entry.type };
}

interface ModelLineProps {
  entry: LibraryEntry;
  chosen: boolean;
  choose: () => void;
  take: () => void;
}

function ModelLine({ entry, chosen, choose, take }: ModelLineProps) {
  return (
    <button
      type="button"
      className={css.line}
      aria-pressed={chosen}
      title={`${entry.file.path}\n${entry.foundIn}`}
      onClick={choose}
      onDoubleClick={take}
    >
      <span className={css.level}>
        {entry.type === undefined ? modelName(entry) : <LevelTag level={entry.type} />}
      </span>
      {entry.domain !== undefined && <Chip>{entry.domain}</Chip>}
      {entry.fitsMemory === 'too-large' && <Chip tone="bad">too large for this machine</Chip>}
      {entry.fitsMemory === 'tight' && <Chip tone="warn">memory is tight</Chip>}
      <span className={`num ${css.size ?? ''}`}>{formatBytes(entry.bytes)}</span>
    </button>
  );
}
