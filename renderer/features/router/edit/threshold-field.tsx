// The lowest score that takes a request; without one, what training found, else 0.5.
import type { ManifestRoute } from '#src/contract/routing/manifest.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Field } from '#renderer/ui/field.tsx';
import { Slider } from '#renderer/ui/slider.tsx';
import css from './edit.module.css';

export interface ThresholdFieldProps {
  route: ManifestRoute;
  onChange: (threshold: number | undefined) => void;
}

export function ThresholdField({ route, onChange }: ThresholdFieldProps) {
  const { threshold } = route;
  return (
    <div className={css.group}>
      <Field
        label="Threshold"
        hint={
          threshold === undefined
            ? 'Not set: 0.50 holds.'
            : 'A request needs at least this score; below it, none of these.'
        }
      >
        <Slider
          label="Threshold"
          value={threshold ?? 0.5}
          minimum={0}
          maximum={1}
          step={0.01}
          format={(value) => value.toFixed(2)}
          onChange={(value) => onChange(Math.round(value * 100) / 100)}
        />
      </Field>
      {threshold !== undefined && (
        <Button variant="quiet" className={css.start} onClick={() => onChange(undefined)}>
          Use the default
        </Button>
      )}
    </div>
  );
}
