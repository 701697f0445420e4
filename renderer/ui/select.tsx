// One of a few values. Type-ahead, arrows and Escape come with it.
import { Select as Base } from '@base-ui/react/select';
import { Check, ChevronDown } from 'lucide-react';
import { useField } from './field.tsx';
import css from './popup.module.css';

export interface SelectOption<V extends string> {
  value: V;
  label: string;
  description?: string | undefined;
  disabled?: boolean;
}

export interface SelectProps<V extends string> {
  /** Accessible name; not needed inside a Field. */
  label?: string;
  value: V;
  options: readonly SelectOption<V>[];
  onChange: (value: V) => void;
  disabled?: boolean;
  className?: string | undefined;
}

export function Select<V extends string>({
  label,
  value,
  options,
  onChange,
  disabled = false,
  className,
}: SelectProps<V>) {
  const field = useField();
  const shown = options.find((option) => option.value === value)?.label ?? value;
  return (
    <Base.Root<V>
      value={value}
      items={options}
      disabled={disabled}
      modal={false}
      onValueChange={(next) => {
        if (next !== null) onChange(next);
      }}
    >
      <Base.Trigger
        id={field?.id}
        aria-label={field === undefined ? label : undefined}
        aria-labelledby={field?.labelId}
        aria-describedby={field?.describedBy}
        className={`${css.trigger ?? ''} ${className ?? ''}`}
      >
        <span>{shown}</span>
        <ChevronDown aria-hidden="true" />
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner
          className={css.positioner}
          sideOffset={4}
          alignItemWithTrigger={false}
          collisionPadding={8}
        >
          <Base.Popup className={css.popup} aria-label={label}>
            {options.map((option) => (
              <Base.Item
                key={option.value}
                value={option.value}
                disabled={option.disabled === true}
                className={css.item}
              >
                <span className={css.words}>
                  <Base.ItemText>{option.label}</Base.ItemText>
                  {option.description !== undefined && (
                    <span className={css.description}>{option.description}</span>
                  )}
                </span>
                <span className={css.check}>
                  <Base.ItemIndicator>
                    <Check aria-hidden="true" />
                  </Base.ItemIndicator>
                </span>
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
