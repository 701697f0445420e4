// On or off, at once.
import { Switch as Base } from '@base-ui/react/switch';
import { useField } from './field.tsx';
import css from './switch.module.css';

export interface SwitchProps {
  /** Accessible name; not needed inside a Field. */
  label?: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}

export function Switch({ label, checked, onChange, disabled = false }: SwitchProps) {
  const field = useField();
  return (
    <Base.Root
      className={css.switch}
      checked={checked}
      disabled={disabled}
      aria-label={field === undefined ? label : undefined}
      aria-labelledby={field?.labelId}
      aria-describedby={field?.describedBy}
      id={field?.id}
      onCheckedChange={(next) => onChange(next)}
    >
      <Base.Thumb className={css.thumb} />
    </Base.Root>
  );
}
