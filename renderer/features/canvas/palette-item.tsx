// One line of the palette: what, and a few words about it.
import { Command } from 'cmdk';
import type { ReactNode } from 'react';
import { Keyboard } from '#renderer/ui/keyboard.tsx';
import css from './palette.module.css';

export interface PaletteItemProps {
  /** Unique, and searched with the keywords. */
  value: string;
  title: ReactNode;
  detail?: ReactNode;
  /** At the right: a size, a state. */
  aside?: ReactNode;
  keys?: string | undefined;
  keywords?: readonly string[];
  disabled?: boolean;
  onSelect: () => void;
}

export function PaletteItem({
  value,
  title,
  detail,
  aside,
  keys,
  keywords,
  disabled = false,
  onSelect,
}: PaletteItemProps) {
  return (
    <Command.Item
      className={css.item}
      value={value}
      disabled={disabled}
      onSelect={onSelect}
      {...(keywords === undefined ? {} : { keywords: [...keywords] })}
    >
      <span className={css.words}>
        <span className={css.title}>{title}</span>
        {detail !== undefined && <span className={css.detail}>{detail}</span>}
      </span>
      {aside !== undefined && <span className={css.aside}>{aside}</span>}
      {keys !== undefined && <Keyboard shortcut={keys} />}
    </Command.Item>
  );
}

export function PaletteGroup({ name, children }: { name: string; children: ReactNode }) {
  return (
    <Command.Group className={css.group} heading={name}>
      {children}
    </Command.Group>
  );
}
