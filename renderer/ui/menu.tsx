// Menus: one that a button opens, and one that the secondary click (or Shift+F10) opens.
import { ContextMenu as BaseContextMenu } from '@base-ui/react/context-menu';
import { Menu as Base } from '@base-ui/react/menu';
import { Check, ChevronRight } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import { Keyboard } from './keyboard.tsx';
import css from './popup.module.css';

export type MenuItem =
  | {
      label: string;
      icon?: ReactNode;
      description?: string | undefined;
      shortcut?: string | undefined;
      disabled?: boolean;
      danger?: boolean;
      /** Shows a tick when true, the place for one when false. */
      checked?: boolean | undefined;
      onSelect: () => void;
    }
  | { label: string; icon?: ReactNode; disabled?: boolean; items: readonly MenuItem[] }
  | { separator: true }
  | { group: string };

export interface MenuProps {
  /** A button; it must pass props and ref on. */
  trigger: ReactElement<Record<string, unknown>>;
  items: readonly MenuItem[];
  side?: 'top' | 'bottom' | 'left' | 'right';
  align?: 'start' | 'center' | 'end';
  onOpenChange?: (open: boolean) => void;
}

export function Menu({
  trigger,
  items,
  side = 'bottom',
  align = 'start',
  onOpenChange,
}: MenuProps) {
  return (
    <Base.Root modal={false} onOpenChange={(open) => onOpenChange?.(open)}>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner
          className={css.positioner}
          side={side}
          align={align}
          sideOffset={4}
          collisionPadding={8}
        >
          <Base.Popup className={css.popup}>
            <MenuItems items={items} />
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export interface ContextMenuProps {
  items: readonly MenuItem[];
  /** The area that it belongs to. */
  children: ReactElement<Record<string, unknown>>;
  onOpenChange?: (open: boolean) => void;
}

export function ContextMenu({ items, children, onOpenChange }: ContextMenuProps) {
  return (
    <BaseContextMenu.Root onOpenChange={(open) => onOpenChange?.(open)}>
      <BaseContextMenu.Trigger render={children} />
      <BaseContextMenu.Portal>
        <BaseContextMenu.Positioner className={css.positioner} collisionPadding={8}>
          <BaseContextMenu.Popup className={css.popup}>
            <MenuItems items={items} />
          </BaseContextMenu.Popup>
        </BaseContextMenu.Positioner>
      </BaseContextMenu.Portal>
    </BaseContextMenu.Root>
  );
}

function MenuItems({ items }: { items: readonly MenuItem[] }) {
  return items.map((item, index) => {
    if ('separator' in item) return <Base.Separator key={index} className={css.separator} />;
    if ('group' in item) {
      return (
        <Base.Group key={index}>
          <Base.GroupLabel className={`label ${css.groupLabel ?? ''}`}>
            {item.group}
          </Base.GroupLabel>
        </Base.Group>
      );
    }
    if ('items' in item) {
      return (
        <Base.SubmenuRoot key={index} disabled={item.disabled === true}>
          <Base.SubmenuTrigger className={css.item}>
            {item.icon}
            <span className={css.words}>{item.label}</span>
            <ChevronRight aria-hidden="true" />
          </Base.SubmenuTrigger>
          <Base.Portal>
            <Base.Positioner className={css.positioner} collisionPadding={8}>
              <Base.Popup className={css.popup}>
                <MenuItems items={item.items} />
              </Base.Popup>
            </Base.Positioner>
          </Base.Portal>
        </Base.SubmenuRoot>
      );
    }
    const words = (
      <>
        {item.icon}
        <span className={css.words}>
          {item.label}
          {item.description !== undefined && (
            <span className={css.description}>{item.description}</span>
          )}
        </span>
        {item.shortcut !== undefined && <Keyboard shortcut={item.shortcut} />}
      </>
    );
    const className = item.danger === true ? css.danger : css.item;
    if (item.checked !== undefined) {
      return (
        <Base.CheckboxItem
          key={index}
          className={className}
          checked={item.checked}
          disabled={item.disabled === true}
          onCheckedChange={() => item.onSelect()}
          closeOnClick
        >
          <span className={css.check}>
            <Base.CheckboxItemIndicator>
              <Check aria-hidden="true" />
            </Base.CheckboxItemIndicator>
          </span>
          {words}
        </Base.CheckboxItem>
      );
    }
    return (
      <Base.Item
        key={index}
        className={className}
        disabled={item.disabled === true}
        onClick={() => item.onSelect()}
      >
        {words}
      </Base.Item>
    );
  });
}
