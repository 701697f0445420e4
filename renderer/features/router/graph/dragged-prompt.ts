// A prompt on its way from the matrix's list to a route.

export const promptType = 'application/x-gguf-studio-prompt';

export function dragPrompt(transfer: DataTransfer, text: string): void {
  transfer.setData(promptType, text);
  transfer.setData('text/plain', text);
  transfer.effectAllowed = 'move';
}

/** Undefined when something else is dragged. */
export function draggedPrompt(transfer: DataTransfer): string | undefined {
  const text = transfer.getData(promptType);
  return text === '' ? undefined : text;
}
