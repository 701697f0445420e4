// A label, a control, and what to know about it. The control inside finds its id and descriptions through the context.
import { createContext, useContext, useId, useMemo, useState, type ReactNode } from 'react';
import css from './field.module.css';

interface FieldContextValue {
  readonly id: string;
  readonly labelId: string;
  readonly describedBy: string | undefined;
  readonly invalid: boolean;
  /** A control's own objection to what was typed. */
  readonly setProblem: (problem: string | undefined) => void;
}

const FieldContext = createContext<FieldContextValue | undefined>(undefined);

/** What a control inside a field needs to know; undefined outside of one. */
export function useField(): FieldContextValue | undefined {
  return useContext(FieldContext);
}

export interface FieldProps {
  label: string;
  hint?: ReactNode;
  /** Why the value is refused. */
  error?: string | undefined;
  /** Label beside the control instead of above it. */
  inline?: boolean;
  children: ReactNode;
}

export function Field({ label, hint, error, inline = false, children }: FieldProps) {
  const id = useId();
  const [problem, setProblem] = useState<string | undefined>();
  const shown = error ?? problem;
  const described =
    shown !== undefined ? `${id}-error` : hint !== undefined ? `${id}-hint` : undefined;
  const value = useMemo(
    () => ({
      id,
      labelId: `${id}-label`,
      describedBy: described,
      invalid: shown !== undefined,
      setProblem,
    }),
    [id, described, shown],
  );
  return (
    <FieldContext.Provider value={value}>
      <div className={inline ? css.inline : css.field}>
        <label className="label" id={`${id}-label`} htmlFor={id}>
          {label}
        </label>
        {children}
        {shown !== undefined ? (
          <p className={css.error} id={`${id}-error`} role="alert">
            {shown}
          </p>
        ) : (
          hint !== undefined && (
            <p className={css.hint} id={`${id}-hint`}>
              {hint}
            </p>
          )
        )}
      </div>
    </FieldContext.Provider>
  );
}
