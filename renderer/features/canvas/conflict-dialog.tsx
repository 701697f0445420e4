// What to do with a recipe whose file another program wrote meanwhile.
import { ConflictDialog } from '#renderer/ui/conflict-dialog.tsx';
import { useCanvas } from './canvas-store.ts';
import { keepAsCopy, overwrite, takeTheirs } from './document-files.ts';

export function RecipeConflictDialog() {
  const key = useCanvas((store) =>
    store.dialog?.dialog === 'conflict' ? store.dialog.key : undefined,
  );
  const document = useCanvas((store) => store.documents.find((one) => one.key === key));
  if (document === undefined) return null;
  return (
    <ConflictDialog
      name={document.title}
      path={document.file?.path ?? document.title}
      onClose={() => useCanvas.setState({ dialog: undefined })}
      onOverwrite={() => void overwrite(document.key)}
      takeLabel="Take the file’s text"
      onTake={() => void takeTheirs(document.key)}
      onCopy={() => void keepAsCopy(document.key)}
    />
  );
}
