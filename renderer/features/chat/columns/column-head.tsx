// Top of a column: level in its colour, adapters, the figures of its last answer, and the menu of what can be changed.
import {
  ArrowLeft,
  ArrowRight,
  Copy,
  Layers,
  MoreHorizontal,
  Replace,
  SlidersHorizontal,
  Square,
  Trash2,
} from 'lucide-react';
import { IconButton } from '#renderer/ui/button.tsx';
import { LevelTag } from '#renderer/ui/level-tag.tsx';
import { Menu } from '#renderer/ui/menu.tsx';
import { notify } from '#renderer/ui/notify.ts';
import { formatRate, formatWait } from '../logic/answer-figures.ts';
import { adapterLabel, candidateName } from '../logic/column-name.ts';
import type { Column } from '../logic/conversation-changes.ts';
import { useChat } from '../state/chat-store.ts';
import { addOtherLevels, duplicate, move, remove } from '../state/column-actions.ts';
import { stop } from '../state/column-runner.ts';
import css from './column.module.css';

export interface ColumnHeadProps {
  column: Column;
  /** `A`: its name during a blind round. */
  letter: string | undefined;
  /** The letter stands instead of everything that would tell the model. */
  blind: boolean;
  figures: { tokensPerSecond: number | null; firstTokenSeconds: number | null } | undefined;
  /** Another family than its neighbours: the level alone does not tell them apart. */
  showName: boolean;
  first: boolean;
  last: boolean;
  /** It loads, waits or answers. */
  busy: boolean;
  openOptions: () => void;
}

export function ColumnHead(props: ColumnHeadProps) {
  const { column, letter, blind, figures, showName, busy } = props;
  const { model } = column;
  if (blind) {
    return (
      <header className={css.head}>
        <span className={css.letter}>{letter}</span>
      </header>
    );
  }
  return (
    <header className={css.head}>
      {letter !== undefined && <span className={css.letter}>{letter}</span>}
      <button
        type="button"
        className={css.model}
        title={model === null ? 'Choose a model' : `${candidateName(model)}\nChoose another model`}
        aria-label={
          model === null ? 'Choose a model' : `${candidateName(model)}: choose another model`
        }
        onClick={() => useChat.setState({ choosingFor: column.id })}
      >
        {model === null ? (
          'Choose a model'
        ) : model.level === undefined ? (
          <span className={css.name}>{model.name}</span>
        ) : (
          <LevelTag level={model.level} />
        )}
        {model?.level !== undefined && showName && <span className={css.name}>{model.name}</span>}
        {model?.adapters.map((adapter, index) => (
          <span key={index} className={css.adapter}>
            {adapterLabel(adapter)}
          </span>
        ))}
      </button>
      {figures !== undefined && (
        <span
          className={`num ${css.figures ?? ''}`}
          title="Tokens per second · time to first token"
        >
          {formatRate(figures.tokensPerSecond)}
          <span className={css.wait}> · {formatWait(figures.firstTokenSeconds)}</span>
        </span>
      )}
      {busy && (
        <IconButton label="Stop this column" className={css.menu} onClick={() => stop(column.id)}>
          <Square aria-hidden="true" />
        </IconButton>
      )}
      <ColumnMenu {...props} />
    </header>
  );
}

function ColumnMenu({ column, first, last, openOptions }: ColumnHeadProps) {
  const { model } = column;
  return (
    <Menu
      align="end"
      trigger={
        <IconButton label="Column menu" className={css.menu}>
          <MoreHorizontal aria-hidden="true" />
        </IconButton>
      }
      items={[
        {
          label: 'Choose model and adapters…',
          icon: <Replace aria-hidden="true" />,
          onSelect: () => useChat.setState({ choosingFor: column.id }),
        },
        {
          label: 'Window, GPU layers, details…',
          icon: <SlidersHorizontal aria-hidden="true" />,
          disabled: model === null,
          onSelect: openOptions,
        },
        { separator: true },
        {
          label: 'Add all levels of this model',
          icon: <Layers aria-hidden="true" />,
          disabled: model === null,
          onSelect: () => {
            void addOtherLevels(column).then((added) => {
              if (added === 0) notify.info('The library has no other level of this model.');
            });
          },
        },
        {
          label: 'Duplicate column',
          icon: <Copy aria-hidden="true" />,
          onSelect: () => duplicate(column),
        },
        {
          label: 'Move left',
          icon: <ArrowLeft aria-hidden="true" />,
          shortcut: 'Mod+Shift+ArrowLeft',
          disabled: first,
          onSelect: () => move(column.id, -1),
        },
        {
          label: 'Move right',
          icon: <ArrowRight aria-hidden="true" />,
          shortcut: 'Mod+Shift+ArrowRight',
          disabled: last,
          onSelect: () => move(column.id, 1),
        },
        { separator: true },
        {
          label: 'Remove column',
          icon: <Trash2 aria-hidden="true" />,
          danger: true,
          onSelect: () => remove(column),
        },
      ]}
    />
  );
}
