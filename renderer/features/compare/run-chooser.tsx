// Which run is open, and which one beside it: title, date, base and texts of each.
import { ChevronDown, GitCompareArrows, TriangleAlert, X } from 'lucide-react';
import type { RunSummary } from '#src/contract/quality/run.ts';
import { Button, IconButton } from '#renderer/ui/button.tsx';
import { Menu, type MenuItem } from '#renderer/ui/menu.tsx';
import { Select } from '#renderer/ui/select.tsx';
import { openOther, openRun, useCompare } from './compare-store.ts';
import css from './compare.module.css';
import { dateText } from './figure-text.ts';

export function RunChooser({ runs }: { runs: readonly RunSummary[] }) {
  const chosen = useCompare((store) => store.chosen);
  const otherChosen = useCompare((store) => store.otherChosen);
  const text = useCompare((store) => store.text);
  const opened = useCompare((store) => store.opened);
  const current = runs.find(({ id }) => id === chosen);
  const other = runs.find(({ id }) => id === otherChosen);
  const others = runs.filter(({ id, problem }) => id !== chosen && problem === undefined);
  const texts = opened?.run.texts ?? [];
  return (
    <div className={css.chooser} role="group" aria-label="Run">
      <Menu
        trigger={
          <button type="button" className={css.run}>
            <b>{current?.title ?? 'Choose a run'}</b>
            <span>{current === undefined ? '' : aboutRun(current)}</span>
            <ChevronDown aria-hidden="true" />
          </button>
        }
        items={runs.map((run) => itemOf(run, run.id === chosen, () => void openRun(run.id)))}
      />
      {texts.length > 1 && (
        <Select
          label="Text"
          className={css.text}
          value={text ?? ''}
          options={[
            { value: '', label: `All ${texts.length} texts` },
            ...texts.map(({ id, title, domain }) => ({
              value: id,
              label: title,
              ...(domain === undefined || domain === title ? {} : { description: domain }),
            })),
          ]}
          onChange={(next) => useCompare.setState({ text: next === '' ? undefined : next })}
        />
      )}
      <span className={css.space} />
      {other !== undefined && (
        <span className={css.other}>
          against <b>{other.title}</b>
          <IconButton label="Close the comparison" onClick={() => void openOther(undefined)}>
            <X aria-hidden="true" />
          </IconButton>
        </span>
      )}
      {others.length > 0 && (
        <Menu
          align="end"
          trigger={
            <Button variant="quiet" icon={<GitCompareArrows aria-hidden="true" />}>
              Compare with…
            </Button>
          }
          items={others.map((run) =>
            itemOf(run, run.id === otherChosen, () => void openOther(run.id)),
          )}
        />
      )}
    </div>
  );
}

function itemOf(run: RunSummary, checked: boolean, onSelect: () => void): MenuItem {
  return {
    label: run.title,
    description: run.problem === undefined ? aboutRun(run) : 'cannot be read',
    ...(run.problem === undefined ? {} : { icon: <TriangleAlert aria-hidden="true" /> }),
    checked,
    onSelect,
  };
}

/** `23 Nov 2026, 14:48 · seedling-4m · 6 files · general, conditions +5`. */
export function aboutRun({ createdAt, base, subjects, texts }: RunSummary): string {
  const shown = texts.slice(0, 2).join(', ');
  const more = texts.length > 2 ? ` +${texts.length - 2}` : '';
  return [
    dateText(createdAt),
    base,
    `${subjects} ${subjects === 1 ? 'file' : 'files'}`,
    `${shown}${more}`,
  ]
    .filter((part) => part !== '')
    .join(' · ');
}
