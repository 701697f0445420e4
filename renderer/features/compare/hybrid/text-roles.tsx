// Which texts the search reads and which prove its result. A text has one role, so that no text flatters what it chose.
import type { FoundSuite } from '#src/contract/quality/suites.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { pickFiles } from '#renderer/stores/picker-store.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Select } from '#renderer/ui/select.tsx';
import { textsOf, type HybridDraft, type TextRole } from './hybrid-draft.ts';
import css from './hybrid.module.css';

const roles: readonly { value: TextRole; label: string }[] = [
  { value: 'none', label: 'not read' },
  { value: 'search', label: 'search' },
  { value: 'proof', label: 'proof' },
];

export interface TextRolesProps {
  /** Undefined until they were listed. */
  suites: readonly FoundSuite[] | undefined;
  draft: HybridDraft;
  onChange: (changes: Partial<HybridDraft>) => void;
}

export function TextRoles({ suites, draft, onChange }: TextRolesProps) {
  const addTexts = async () => {
    const files = await pickFiles('any', 'Choose texts');
    const known = new Set(draft.texts.map(({ file }) => file.id));
    const added = files.filter(({ id }) => !known.has(id));
    onChange({
      texts: [...draft.texts, ...added.map((file) => ({ file, role: 'proof' as const }))],
    });
  };
  const count = (role: TextRole) => {
    const { suites: ids, files } = textsOf(draft, role);
    return ids.length + files.length;
  };
  return (
    <section aria-label="Texts" className={css.texts}>
      <div className={css.headLine}>
        <h3 className="label">Texts</h3>
        <span className={css.muted}>
          {count('search')} for the search, {count('proof')} for the proof
        </span>
      </div>
      <div className={css.list} tabIndex={0} role="group" aria-label="Suites and texts">
        {suites === undefined && <p className={css.muted}>Reading the suites…</p>}
        {suites?.map(({ id, title, description, bytes, problem }) => (
          <TextRow
            key={id}
            title={title}
            about={problem ?? description}
            size={formatBytes(bytes)}
            disabled={problem !== undefined}
            role={draft.suites[id] ?? 'none'}
            onChange={(role) => onChange({ suites: { ...draft.suites, [id]: role } })}
          />
        ))}
        {draft.texts.map(({ file, role }) => (
          <TextRow
            key={file.id}
            title={file.name}
            about={file.path}
            role={role}
            onChange={(next) =>
              onChange({
                texts: draft.texts.map((text) =>
                  text.file.id === file.id ? { ...text, role: next } : text,
                ),
              })
            }
          />
        ))}
      </div>
      <div>
        <Button variant="quiet" onClick={() => void addTexts()}>
          Add my own texts…
        </Button>
      </div>
      <p className={css.muted}>
        The search chooses types by its texts; the proof measures hybrid and level on others. Texts
        that share a line are refused.
      </p>
    </section>
  );
}

interface TextRowProps {
  title: string;
  about: string;
  size?: string;
  disabled?: boolean;
  role: TextRole;
  onChange: (role: TextRole) => void;
}

function TextRow({ title, about, size = '', disabled = false, role, onChange }: TextRowProps) {
  return (
    <div className={css.text} data-role={role} title={about}>
      <Select
        label={`Use of ${title}`}
        value={role}
        options={roles}
        disabled={disabled}
        onChange={onChange}
      />
      <span className={css.name}>{title}</span>
      <span className={css.about}>{about}</span>
      <span className="num">{size}</span>
    </div>
  );
}
