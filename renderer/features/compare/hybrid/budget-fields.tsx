// What the file may cost: the size of a level, a size, or how far it may be from the original.
import { levels as allLevels, type Level } from '#src/tensors/levels.ts';
import { Field } from '#renderer/ui/field.tsx';
import { NumberInput } from '#renderer/ui/number-input.tsx';
import { Select } from '#renderer/ui/select.tsx';
import { Segmented } from '#renderer/ui/tabs.tsx';
import { TextInput } from '#renderer/ui/text-input.tsx';
import { budgetOf, type BudgetKind, type HybridDraft, type Profile } from './hybrid-draft.ts';
import css from './hybrid.module.css';

/** What people choose from; a level of the factory's own list that is not here can be given as a size. */
const offered = [
  'Q8_0', 'Q6_K', 'Q5_K_M', 'Q5_K_S', 'Q4_K_M', 'Q4_K_S', 'IQ4_XS', 'Q3_K_L', 'Q3_K_M', 'Q3_K_S', 'Q2_K',
].filter((level): level is Level => level in allLevels); // prettier-ignore

const profiles: readonly { value: Profile; label: string; description: string }[] = [
  {
    value: 'fast',
    label: 'Fast types',
    description: 'Q2_K to Q8_0 and IQ4_XS: what processors are quick with',
  },
  {
    value: 'smallest',
    label: 'All types',
    description: 'Also IQ2 and IQ3: fewer bits, slower; most of them need an importance matrix',
  },
  {
    value: 'attention-high',
    label: 'Attention above feed-forward',
    description: 'Every attention tensor a class of bits above the feed-forward tensors',
  },
];

export interface BudgetFieldsProps {
  draft: HybridDraft;
  onChange: (changes: Partial<HybridDraft>) => void;
}

export function BudgetFields({ draft, onChange }: BudgetFieldsProps) {
  const { budgetKind, level, size, kld, profile } = draft;
  const isWrong = budgetKind === 'bytes' && size.trim() !== '' && budgetOf(draft) === undefined;
  return (
    <>
      <section aria-label="Budget" className={css.budget}>
        <h3 className="label">Budget</h3>
        <Segmented<BudgetKind>
          label="What is limited"
          value={budgetKind}
          options={[
            { value: 'level', label: 'Size of a level' },
            { value: 'bytes', label: 'File size' },
            { value: 'kld', label: 'Mean KLD' },
          ]}
          onChange={(next) => onChange({ budgetKind: next })}
        />
        {budgetKind === 'level' && (
          <Field label="As large as" hint="The hybrid is proven against this level.">
            <Select
              value={level}
              options={offered.map((each) => ({ value: each, label: each }))}
              onChange={(next) => onChange({ level: next })}
            />
          </Field>
        )}
        {budgetKind === 'bytes' && (
          <Field
            label="Bytes at most"
            hint="Proven against the best level that fits."
            error={isWrong ? 'Give a size: 3.2 GB, 900 MiB, or a number of bytes.' : undefined}
          >
            <TextInput
              value={size}
              placeholder="3.2 GB"
              maxLength={40}
              onChange={(next) => onChange({ size: next })}
            />
          </Field>
        )}
        {budgetKind === 'kld' && (
          <Field
            label="Mean KLD at most"
            hint="The smallest file that stays below, on the texts of the proof."
          >
            <NumberInput
              value={kld}
              minimum={0.0001}
              maximum={10}
              step={0.01}
              whole={false}
              onChange={(next) => onChange({ kld: next })}
            />
          </Field>
        )}
      </section>
      <Field label="Types">
        <Select
          value={profile}
          options={profiles}
          onChange={(next) => onChange({ profile: next })}
        />
      </Field>
    </>
  );
}
