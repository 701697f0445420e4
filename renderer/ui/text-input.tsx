// One line of text, several lines, and the search field.
import { Search } from 'lucide-react';
import type { ComponentProps } from 'react';
import { classNames } from './class-names.ts';
import css from './field.module.css';
import { useField } from './field.tsx';
import { Keyboard } from './keyboard.tsx';

export interface TextInputProps extends Omit<ComponentProps<'input'>, 'onChange' | 'value'> {
  /** Accessible name when it stands outside a Field. */
  label?: string;
  value: string;
  onChange: (value: string) => void;
  invalid?: boolean;
  /** Monospaced: paths, hashes, patterns. */
  mono?: boolean;
}

export function TextInput({
  label,
  value,
  onChange,
  invalid,
  mono = false,
  className,
  ...rest
}: TextInputProps) {
  const field = useField();
  return (
    <input
      type="text"
      spellCheck={false}
      autoComplete="off"
      id={field?.id}
      aria-label={label}
      aria-describedby={field?.describedBy}
      aria-invalid={(invalid ?? field?.invalid) === true || undefined}
      {...rest}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      className={classNames(mono ? css.number : css.input, className)}
    />
  );
}

export interface TextAreaProps extends Omit<ComponentProps<'textarea'>, 'onChange' | 'value'> {
  label?: string;
  value: string;
  onChange: (value: string) => void;
}

export function TextArea({ label, value, onChange, className, ...rest }: TextAreaProps) {
  const field = useField();
  return (
    <textarea
      id={field?.id}
      aria-label={label}
      aria-describedby={field?.describedBy}
      aria-invalid={field?.invalid === true || undefined}
      {...rest}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      className={classNames(css.area, className)}
    />
  );
}

export interface SearchInputProps extends TextInputProps {
  label: string;
  /** Key that focuses it, shown while it is empty. */
  shortcut?: string;
}

/** Escape empties it. */
export function SearchInput({ shortcut, value, onChange, className, ...rest }: SearchInputProps) {
  return (
    <div className={classNames(css.search, className)}>
      <Search aria-hidden="true" />
      <TextInput
        type="search"
        {...rest}
        value={value}
        onChange={onChange}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && value !== '') {
            event.stopPropagation();
            onChange('');
          }
          rest.onKeyDown?.(event);
        }}
      />
      {shortcut !== undefined && value === '' && <Keyboard shortcut={shortcut} />}
    </div>
  );
}
