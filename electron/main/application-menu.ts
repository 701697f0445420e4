// The native menu. Its own commands go to the window as events; text editing, zoom and windows are the system's roles.
import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import type { MenuCommand } from '#src/contract/studio/state.ts';

const separator: MenuItemConstructorOptions = { type: 'separator' };

/** Builds and sets the menu; `send` gets the command that was chosen. */
export function setApplicationMenu(send: (command: MenuCommand) => void): void {
  const command = (
    label: string,
    name: MenuCommand,
    accelerator?: string,
  ): MenuItemConstructorOptions => ({
    label,
    click: () => send(name),
    ...(accelerator === undefined
      ? {}
      : {
          accelerator,
          // The window handles its keys itself, as it does in the browser; here they are only shown. macOS offers a key
          // to the page first in any case.
          registerAccelerator: false,
        }),
  });
  const mac = process.platform === 'darwin';
  const template: MenuItemConstructorOptions[] = [
    ...(mac ? [appleMenu(command)] : []),
    {
      label: '&File',
      submenu: [
        command('New workflow', 'new-recipe', 'CmdOrCtrl+N'),
        command('Open workflow …', 'open-recipe', 'CmdOrCtrl+O'),
        command('Open workspace …', 'open-workspace', 'CmdOrCtrl+Shift+O'),
        separator,
        command('Save', 'save', 'CmdOrCtrl+S'),
        command('Save as …', 'save-as', 'CmdOrCtrl+Shift+S'),
        separator,
        command('Run', 'run', 'CmdOrCtrl+Enter'),
        ...(mac
          ? []
          : [
              separator,
              command('Settings', 'settings', 'Ctrl+,'),
              separator,
              { role: 'quit' } as const,
            ]),
      ],
    },
    {
      label: '&Edit',
      submenu: [
        command('Undo', 'undo', 'CmdOrCtrl+Z'),
        command('Redo', 'redo', 'CmdOrCtrl+Shift+Z'),
        separator,
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'selectAll' },
        separator,
        command('Command palette', 'palette', 'CmdOrCtrl+K'),
      ],
    },
    {
      label: '&View',
      submenu: [
        command('Library', 'library', 'CmdOrCtrl+1'),
        command('Workflow', 'workflow', 'CmdOrCtrl+2'),
        command('Compare', 'compare', 'CmdOrCtrl+3'),
        command('Chat', 'chat', 'CmdOrCtrl+4'),
        command('Router', 'router', 'CmdOrCtrl+5'),
        command('Doctor', 'doctor', 'CmdOrCtrl+6'),
        separator,
        command('Jobs', 'toggle-jobs', 'CmdOrCtrl+J'),
        separator,
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
        separator,
        { role: 'reload' },
        ...(app.isPackaged ? [] : [{ role: 'toggleDevTools' } as const]),
      ],
    },
    { role: 'windowMenu' },
    {
      role: 'help',
      submenu: [command('Keyboard shortcuts', 'shortcuts', mac ? 'Cmd+/' : 'Ctrl+/')],
    },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}

function appleMenu(
  command: (label: string, name: MenuCommand, accelerator: string) => MenuItemConstructorOptions,
): MenuItemConstructorOptions {
  return {
    role: 'appMenu',
    submenu: [
      { role: 'about' },
      separator,
      command('Settings …', 'settings', 'Cmd+,'),
      separator,
      { role: 'services' },
      separator,
      { role: 'hide' },
      { role: 'hideOthers' },
      { role: 'unhide' },
      separator,
      { role: 'quit' },
    ],
  };
}
