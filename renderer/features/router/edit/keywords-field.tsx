// Keywords as chips; commas separate several that are added at once.
import { X } from 'lucide-react';
import { useState } from 'react';
import { formatCount } from '#src/text/format-number.ts';
import { Button } from '#renderer/ui/button.tsx';
import { TextInput } from '#renderer/ui/text-input.tsx';
import css from './edit.module.css';

const shownAtFirst = 60;

export interface KeywordsFieldProps {
  keywords: readonly string[];
  owner: string;
  onChange: (keywords: readonly string[]) => void;
}

export function KeywordsField({ keywords, owner, onChange }: KeywordsFieldProps) {
  const [added, setAdded] = useState('');
  const [all, setAll] = useState(false);
  const words = [...new Set(added.split(',').map((word) => word.trim()))].filter(
    (word) => word !== '' && word.length <= 200 && !keywords.includes(word),
  );
  const add = () => {
    if (words.length === 0) return;
    onChange([...keywords, ...words]);
    setAdded('');
  };
  const shown = all ? keywords : keywords.slice(0, shownAtFirst);
  return (
    <section className={css.group} aria-label={`Keywords of ${owner}`}>
      <h3 className="label">Keywords · {formatCount(keywords.length)}</h3>
      {keywords.length > 0 && (
        <ul className={css.chips}>
          {shown.map((word) => (
            <li key={word}>
              <button
                type="button"
                className={css.chip}
                aria-label={`Remove the keyword ${word}`}
                onClick={() => onChange(keywords.filter((other) => other !== word))}
              >
                {word}
                <X aria-hidden="true" />
              </button>
            </li>
          ))}
        </ul>
      )}
      {shown.length < keywords.length && (
        <Button variant="quiet" className={css.start} onClick={() => setAll(true)}>
          Show all
        </Button>
      )}
      <div className={css.add}>
        <TextInput
          label={`New keywords of ${owner}`}
          placeholder="Add keywords"
          value={added}
          onChange={setAdded}
          onKeyDown={(event) => {
            if (event.key === 'Enter') add();
          }}
        />
        <Button disabled={words.length === 0} onClick={add}>
          Add
        </Button>
      </div>
    </section>
  );
}
