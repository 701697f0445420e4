// How a route samples: only what is set stands in the manifest, the rest is the model's own or llama.cpp's.
import { defaultSampling } from '#src/contract/sampling.ts';
import { NumberInput } from '#renderer/ui/number-input.tsx';
import { withSampling } from '../logic/edit-manifest.ts';
import css from './edit.module.css';

interface SamplingField {
  readonly name: string;
  readonly label: string;
  readonly maximum: number;
  readonly minimum?: number;
  readonly step: number;
  readonly usual: string;
}

const fields: readonly SamplingField[] = [
  {
    name: 'temperature',
    label: 'temp',
    maximum: 10,
    step: 0.05,
    usual: String(defaultSampling.temperature),
  },
  { name: 'topP', label: 'top-p', maximum: 1, step: 0.05, usual: String(defaultSampling.topP) },
  { name: 'topK', label: 'top-k', maximum: 1000, step: 1, usual: String(defaultSampling.topK) },
  { name: 'minP', label: 'min-p', maximum: 1, step: 0.01, usual: String(defaultSampling.minP) },
  {
    name: 'repeatPenalty',
    label: 'repeat',
    maximum: 10,
    step: 0.05,
    usual: String(defaultSampling.repeatPenalty),
  },
  {
    name: 'maxTokens',
    label: 'max tokens',
    minimum: 1,
    maximum: 1_000_000,
    step: 1,
    usual: 'window',
  },
];

export interface SamplingFieldsProps {
  sampling: Readonly<Record<string, number>> | undefined;
  onChange: (sampling: Record<string, number> | undefined) => void;
  /** Only these; all of them otherwise. */
  only?: readonly string[];
  /** Put before the accessible names: `When sad`. */
  owner?: string;
}

export function SamplingFields({ sampling, onChange, only, owner }: SamplingFieldsProps) {
  const shown = only === undefined ? fields : fields.filter(({ name }) => only.includes(name));
  return (
    <section
      className={css.group}
      aria-label={owner === undefined ? 'Sampling' : `${owner}: sampling`}
    >
      {owner === undefined && <h3 className="label">Sampling</h3>}
      <div className={css.numbers}>
        {shown.map(({ name, label, minimum = 0, maximum, step, usual }) => (
          <label key={name}>
            <span>{label}</span>
            <NumberInput
              label={owner === undefined ? label : `${owner}: ${label}`}
              value={sampling?.[name]}
              minimum={minimum}
              maximum={maximum}
              step={step}
              placeholder={usual}
              onChange={(value) => onChange(withSampling(sampling, name, value))}
              onClear={() => onChange(withSampling(sampling, name, undefined))}
            />
          </label>
        ))}
      </div>
    </section>
  );
}
