// A number that is typed. What is not a number within the limits is explained at the field and not passed on.
import { useEffect, useState, type ComponentProps } from 'react';
import { classNames } from './class-names.ts';
import css from './field.module.css';
import { useField } from './field.tsx';
import { parseNumber, stepNumber } from './parse-number.ts';

export interface NumberInputProps extends Omit<
  ComponentProps<'input'>,
  'onChange' | 'value' | 'step' | 'min' | 'max'
> {
  label?: string;
  /** Undefined: nothing is set, `placeholder` says what holds then. */
  value: number | undefined;
  onChange: (value: number) => void;
  /** Given when it may be empty. */
  onClear?: (() => void) | undefined;
  minimum?: number | undefined;
  maximum?: number | undefined;
  /** Of the arrow keys; 1 also demands whole numbers. */
  step?: number;
  whole?: boolean;
}

export function NumberInput({
  label,
  value,
  onChange,
  onClear,
  minimum = -Infinity,
  maximum = Infinity,
  step = 1,
  whole = Number.isInteger(step),
  className,
  ...rest
}: NumberInputProps) {
  const field = useField();
  const written = value === undefined ? '' : String(value);
  const [typed, setTyped] = useState<string | undefined>();
  const [problem, setProblem] = useState<string | undefined>();
  const limits = { minimum, maximum, whole, optional: onClear !== undefined };

  useEffect(() => field?.setProblem(problem), [field?.setProblem, problem]);

  function take(text: string): void {
    setTyped(text);
    const parsed = parseNumber(text, limits);
    setProblem(parsed.problem);
    if (parsed.problem !== undefined) return;
    if (parsed.value === undefined) onClear?.();
    else if (parsed.value !== value) onChange(parsed.value);
  }

  return (
    <input
      type="text"
      inputMode={whole ? 'numeric' : 'decimal'}
      autoComplete="off"
      id={field?.id}
      aria-label={label}
      aria-describedby={field?.describedBy}
      aria-invalid={problem !== undefined || field?.invalid === true || undefined}
      title={field === undefined ? problem : undefined}
      {...rest}
      value={typed ?? written}
      onChange={(event) => take(event.target.value)}
      onBlur={(event) => {
        setTyped(undefined);
        setProblem(undefined);
        rest.onBlur?.(event);
      }}
      onKeyDown={(event) => {
        rest.onKeyDown?.(event);
        if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
        event.preventDefault();
        const direction = event.key === 'ArrowUp' ? 1 : -1;
        const times = event.shiftKey ? 10 : 1;
        take(String(stepNumber(value, direction * step * times, { minimum, maximum })));
      }}
      className={classNames(css.number, className)}
    />
  );
}
