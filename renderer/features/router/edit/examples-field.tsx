// The examples of a route, one a line, edited where they stand. Long lists are searched, and drawn piece by piece.
import { X } from 'lucide-react';
import { memo, useMemo, useRef, useState } from 'react';
import { formatCount } from '#src/text/format-number.ts';
import { Button, IconButton } from '#renderer/ui/button.tsx';
import { SearchInput, TextInput } from '#renderer/ui/text-input.tsx';
import css from './edit.module.css';

const piece = 50;
/** From here on a search is offered. */
const many = 12;

export interface ExamplesFieldProps {
  examples: readonly string[];
  /** Whose they are, for the names of the controls. */
  owner: string;
  onChange: (examples: readonly string[]) => void;
}

export function ExamplesField({ examples, owner, onChange }: ExamplesFieldProps) {
  const [search, setSearch] = useState('');
  const [shown, setShown] = useState(piece);
  const [added, setAdded] = useState('');
  const latest = useRef({ examples, onChange });
  latest.current = { examples, onChange };
  // The same functions for every row, so that typing in one draws one.
  const rows = useMemo(
    () => ({
      change(index: number, text: string) {
        latest.current.onChange(latest.current.examples.with(index, text));
      },
      remove(index: number) {
        latest.current.onChange(latest.current.examples.filter((_, at) => at !== index));
      },
    }),
    [],
  );
  const wanted = search.trim().toLowerCase();
  const found = examples.flatMap((text, index) =>
    wanted === '' || text.toLowerCase().includes(wanted) ? [{ text, index }] : [],
  );
  const trimmed = added.trim();
  const isKnown = examples.includes(trimmed);
  const add = () => {
    if (trimmed === '' || isKnown) return;
    onChange([...examples, trimmed]);
    setAdded('');
  };
  return (
    <section className={css.group} aria-label={`Examples of ${owner}`}>
      <h3 className="label">Examples · {formatCount(examples.length)}</h3>
      {examples.length > many && (
        <SearchInput
          label="Search the examples"
          placeholder="Search"
          aria-label="Search the examples"
          value={search}
          onChange={setSearch}
        />
      )}
      {examples.length === 0 && (
        <p className={css.text}>
          None yet: only keywords and its name lead here. Add a dozen prompts that belong to it.
        </p>
      )}
      <ul className={css.rows}>
        {found.slice(0, shown).map(({ text, index }) => (
          <ExampleRow key={index} text={text} index={index} rows={rows} />
        ))}
      </ul>
      {found.length > shown && (
        <Button variant="quiet" className={css.start} onClick={() => setShown(shown + 4 * piece)}>
          Show more ({formatCount(found.length - shown)})
        </Button>
      )}
      {wanted !== '' && found.length === 0 && <p className={css.text}>No example holds this.</p>}
      <div className={css.add}>
        <TextInput
          label={`New example of ${owner}`}
          placeholder="Add an example"
          value={added}
          invalid={isKnown && trimmed !== ''}
          title={isKnown && trimmed !== '' ? 'It is an example already.' : undefined}
          onChange={setAdded}
          onKeyDown={(event) => {
            if (event.key === 'Enter') add();
          }}
        />
        <Button disabled={trimmed === '' || isKnown} onClick={add}>
          Add
        </Button>
      </div>
    </section>
  );
}

interface ExampleRowProps {
  text: string;
  index: number;
  rows: {
    readonly change: (index: number, text: string) => void;
    readonly remove: (index: number) => void;
  };
}

const ExampleRow = memo(function ExampleRow({ text, index, rows }: ExampleRowProps) {
  return (
    <li className={css.row}>
      <TextInput
        label={`Example ${index + 1}`}
        className={css.bare}
        value={text}
        title={text}
        invalid={text.trim() === ''}
        onChange={(next) => rows.change(index, next)}
        onBlur={() => {
          if (text.trim() === '') rows.remove(index);
        }}
      />
      <IconButton label={`Remove example ${index + 1}`} onClick={() => rows.remove(index)}>
        <X aria-hidden="true" />
      </IconButton>
    </li>
  );
});
