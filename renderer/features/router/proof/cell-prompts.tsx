// The prompts behind a cell of the matrix: tested with a click, moved to another route by drag or by menu.
import { ArrowRightLeft, X } from 'lucide-react';
import { useState } from 'react';
import type { JudgedPrompt, RoutingEvaluation } from '#src/contract/routing/evaluation.ts';
import { Button, IconButton } from '#renderer/ui/button.tsx';
import { Menu } from '#renderer/ui/menu.tsx';
import { dragPrompt } from '../graph/dragged-prompt.ts';
import { promptsAt, routeAt } from '../logic/matrix-data.ts';
import { routeNames } from '../logic/route-names.ts';
import { movePrompt } from '../state/router-edits.ts';
import { setTestText } from '../state/router-test.ts';
import { useRouter } from '../state/router-store.ts';
import css from './proof.module.css';

const shownAtFirst = 40;

export function CellPrompts({ evaluation }: { evaluation: RoutingEvaluation }) {
  const cell = useRouter((store) => store.cell);
  const moved = useRouter(({ document }) => document?.moved);
  const [all, setAll] = useState(false);
  if (cell === undefined) {
    return <p className={css.text}>A click on a cell lists its prompts.</p>;
  }
  const names = routeNames(evaluation.routes);
  const nameOf = (index: number) => {
    const route = routeAt(evaluation, index);
    return route === null ? 'none of these' : (names.get(route) ?? route);
  };
  // One that was moved is gone at once, before the figures are made anew.
  const prompts = promptsAt(evaluation, cell).filter(
    ({ text }) => moved?.some((prompt) => prompt.text === text) !== true,
  );
  const shown = all ? prompts : prompts.slice(0, shownAtFirst);
  const title =
    cell.row === cell.column
      ? `${nameOf(cell.row)}, rightly`
      : `${nameOf(cell.row)}, taken by ${nameOf(cell.column)}`;
  return (
    <div className={css.prompts}>
      <header className={css.promptsHead}>
        <h3>{title}</h3>
        <IconButton label="Close the list" onClick={() => useRouter.setState({ cell: undefined })}>
          <X aria-hidden="true" />
        </IconButton>
      </header>
      {prompts.length === 0 ? (
        <p className={css.text}>No prompt is here any more.</p>
      ) : (
        <ul aria-label={title}>
          {shown.map((prompt) => (
            <Prompt key={prompt.text} prompt={prompt} names={names} />
          ))}
        </ul>
      )}
      {shown.length < prompts.length && (
        <Button variant="quiet" onClick={() => setAll(true)}>
          Show all {prompts.length}
        </Button>
      )}
      <p className={css.hint}>
        Drag a prompt to a route or a row to make it an example there; the figures follow at once.
      </p>
    </div>
  );
}

function Prompt({ prompt, names }: { prompt: JudgedPrompt; names: ReadonlyMap<string, string> }) {
  const { text, score } = prompt;
  return (
    <li
      className={css.prompt}
      draggable
      onDragStart={(event) => dragPrompt(event.dataTransfer, text)}
    >
      <button type="button" title="Test this prompt" onClick={() => setTestText(text)}>
        {text}
      </button>
      <span className="num">{score.toFixed(2)}</span>
      <Menu
        align="end"
        trigger={
          <IconButton label={`Move “${text.slice(0, 60)}” to another route`}>
            <ArrowRightLeft aria-hidden="true" />
          </IconButton>
        }
        items={[
          { group: 'Make it an example of' },
          ...[...names].map(([id, name]) => ({
            label: name,
            onSelect: () => movePrompt(text, id),
          })),
          { separator: true },
          { label: 'none of these', onSelect: () => movePrompt(text, null) },
        ]}
      />
    </li>
  );
}
