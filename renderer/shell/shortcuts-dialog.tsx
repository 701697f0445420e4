// The list of shortcuts, opened with "?".
import { Dialog } from '#renderer/ui/dialog.tsx';
import { createExternalStore, useExternalStore } from '#renderer/ui/external-store.ts';
import { Keyboard } from '#renderer/ui/keyboard.tsx';
import { shortcutGroups } from './shortcuts.ts';
import css from './shortcuts-dialog.module.css';

/** Whether it is open. */
export const shortcutsDialog = createExternalStore(false);

export function ShortcutsDialog() {
  const open = useExternalStore(shortcutsDialog);
  return (
    <Dialog
      open={open}
      onClose={() => shortcutsDialog.set(false)}
      title="Keyboard shortcuts"
      width={720}
    >
      <div className={css.groups}>
        {shortcutGroups.map((group) => (
          <section key={group.name}>
            <h3 className="label">{group.name}</h3>
            <dl>
              {group.shortcuts.map(({ keys, does }) => (
                <div key={keys}>
                  <dt>{does}</dt>
                  <dd>
                    <Keyboard shortcut={keys} />
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
