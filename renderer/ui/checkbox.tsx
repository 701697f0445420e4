// A box with its words; a click on the words counts too.
import { Checkbox as Base } from '@base-ui/react/checkbox';
import { Check, Minus } from 'lucide-react';
import type { ReactNode } from 'react';
import css from './switch.module.css';

export interface CheckboxProps {
  checked: boolean;
  /** Some of several. */
  mixed?: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
  /** Accessible name when there are no children. */
  label?: string;
  children?: ReactNode;
}

export function Checkbox({
  checked,
  mixed = false,
  onChange,
  disabled = false,
  label,
  children,
}: CheckboxProps) {
  const box = (
    <Base.Root
      className={css.box}
      checked={checked}
      indeterminate={mixed}
      disabled={disabled}
      aria-label={label}
      onCheckedChange={(next) => onChange(next)}
    >
      <Base.Indicator>
        {mixed ? <Minus aria-hidden="true" /> : <Check aria-hidden="true" />}
      </Base.Indicator>
    </Base.Root>
  );
  if (children === undefined) return box;
  return (
    <label className={css.labelled}>
      {box}
      {children}
    </label>
  );
}
