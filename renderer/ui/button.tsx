// Buttons, 28 px high. Primary is the one thing a screen is for; quiet has no frame until it is pointed at.
import type { ComponentProps, ReactNode } from 'react';
import css from './button.module.css';
import { classNames } from './class-names.ts';
import { shortcutText } from './keyboard.tsx';
import { Tooltip } from './tooltip.tsx';

export interface ButtonProps extends ComponentProps<'button'> {
  variant?: 'primary' | 'default' | 'quiet' | 'danger';
  /** Shown behind the text: `Mod+Enter`. The key itself is bound elsewhere. */
  shortcut?: string | undefined;
  icon?: ReactNode;
  /** Shows that it is at work and does not answer meanwhile. */
  busy?: boolean;
}

export function Button({
  variant = 'default',
  shortcut,
  icon,
  busy = false,
  className,
  children,
  disabled,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled === true || busy}
      aria-busy={busy || undefined}
      data-keep-clear={variant === 'primary' || variant === 'danger' || undefined}
      className={classNames(css.button, css[variant], className)}
    >
      {icon}
      {children}
      {shortcut !== undefined && (
        <kbd className={css.shortcut} aria-hidden="true">
          {shortcutText(shortcut)}
        </kbd>
      )}
    </button>
  );
}

export interface IconButtonProps extends ComponentProps<'button'> {
  /** Accessible name, and the tooltip. */
  label: string;
  shortcut?: string | undefined;
  /** For a button that stays pressed. */
  pressed?: boolean;
  tooltipSide?: 'top' | 'bottom' | 'left' | 'right';
}

/** A square button with an icon of 16 px. */
export function IconButton({
  label,
  shortcut,
  pressed,
  tooltipSide = 'bottom',
  className,
  children,
  ...rest
}: IconButtonProps) {
  return (
    <Tooltip text={label} shortcut={shortcut} side={tooltipSide}>
      <button
        type="button"
        aria-label={label}
        aria-pressed={pressed}
        {...rest}
        className={classNames(css.icon, className)}
      >
        {children}
      </button>
    </Tooltip>
  );
}
