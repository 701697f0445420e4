// A number by dragging or arrow keys, with its value beside the label.
import { Slider as Base } from '@base-ui/react/slider';
import { useField } from './field.tsx';
import css from './slider.module.css';

export interface SliderProps {
  /** Accessible name; shown unless it stands in a Field. */
  label: string;
  value: number;
  onChange: (value: number) => void;
  /** When the thumb is let go. */
  onCommit?: (value: number) => void;
  minimum: number;
  maximum: number;
  step?: number;
  disabled?: boolean;
  format?: (value: number) => string;
  hideLabel?: boolean;
}

export function Slider({
  label,
  value,
  onChange,
  onCommit,
  minimum,
  maximum,
  step = 1,
  disabled = false,
  format = (shown) => shown.toFixed(step < 0.1 ? 2 : step < 1 ? 1 : 0),
  hideLabel = false,
}: SliderProps) {
  const field = useField();
  const bare = hideLabel || field !== undefined;
  return (
    <Base.Root
      className={bare ? css.bare : css.slider}
      value={value}
      min={minimum}
      max={maximum}
      step={step}
      disabled={disabled}
      onValueChange={(next) => onChange(next)}
      onValueCommitted={(next) => onCommit?.(next)}
    >
      {!bare && <span className={css.label}>{label}</span>}
      <Base.Control className={css.control}>
        <Base.Track className={css.track}>
          <Base.Indicator className={css.indicator} />
          <Base.Thumb
            className={css.thumb}
            aria-label={label}
            getAriaValueText={(_, shown) => format(shown)}
          />
        </Base.Track>
      </Base.Control>
      <span className={`num ${css.value ?? ''}`} aria-hidden="true">
        {format(value)}
      </span>
    </Base.Root>
  );
}
