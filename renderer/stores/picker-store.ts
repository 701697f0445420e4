// Asks the user for files or folders: `pickFile('base', 'Choose a base model')`. The dialog itself is shell/file-picker.tsx;
// it shows what stands here and answers.
import { create } from 'zustand';
import type { FileReference, PickPurpose } from '#src/contract/studio/files.ts';

export interface PickRequest {
  readonly purpose: PickPurpose;
  readonly title: string;
  readonly multiple: boolean;
  /** Empty when the dialog was closed. */
  readonly answer: (files: readonly FileReference[]) => void;
}

export interface PickerStore {
  readonly request: PickRequest | undefined;
}

export const usePicker = create<PickerStore>(() => ({ request: undefined }));

/** One file or folder; undefined when the user closed the dialog. */
export async function pickFile(
  purpose: PickPurpose,
  title: string,
): Promise<FileReference | undefined> {
  return (await ask(purpose, title, false))[0];
}

/** Any number of them; empty when the user closed the dialog. */
export function pickFiles(purpose: PickPurpose, title: string): Promise<readonly FileReference[]> {
  return ask(purpose, title, true);
}

function ask(
  purpose: PickPurpose,
  title: string,
  multiple: boolean,
): Promise<readonly FileReference[]> {
  // A picker that is open gives way to the new one.
  usePicker.getState().request?.answer([]);
  return new Promise((resolve) => {
    const request: PickRequest = {
      purpose,
      title,
      multiple,
      answer(files) {
        if (usePicker.getState().request === request) usePicker.setState({ request: undefined });
        resolve(files);
      },
    };
    usePicker.setState({ request });
  });
}
