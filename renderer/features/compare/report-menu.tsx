// What can be done with the open run as a whole: a report of it, and putting it away.
import { FileText } from 'lucide-react';
import { studio } from '#renderer/stores/studio-store.ts';
import { Button } from '#renderer/ui/button.tsx';
import { copyText } from '#renderer/ui/copy-button.tsx';
import { confirm } from '#renderer/ui/dialog.tsx';
import { Menu } from '#renderer/ui/menu.tsx';
import { notify } from '#renderer/ui/notify.ts';
import { loadRuns } from './compare-store.ts';
import { saveText } from './export-chart.ts';

type Format = 'html' | 'markdown' | 'json';
const types: Readonly<Record<Format, string>> = {
  html: 'text/html',
  markdown: 'text/markdown',
  json: 'application/json',
};

export function ReportMenu({ id, title }: { id: string; title: string }) {
  return (
    <Menu
      align="end"
      trigger={<Button icon={<FileText aria-hidden="true" />}>Report</Button>}
      items={[
        {
          label: 'HTML report…',
          description: 'One file with charts and tables',
          onSelect: () => void saveReport(id, 'html'),
        },
        {
          label: 'Markdown…',
          description: 'For a model card',
          onSelect: () => void saveReport(id, 'markdown'),
        },
        { label: 'Copy as Markdown', onSelect: () => void copyReport(id) },
        {
          label: 'JSON…',
          description: 'Every figure, for programs',
          onSelect: () => void saveReport(id, 'json'),
        },
        { separator: true },
        { label: 'Remove run…', danger: true, onSelect: () => void removeRun(id, title) },
      ]}
    />
  );
}

async function saveReport(id: string, format: Format): Promise<void> {
  try {
    const { suggestedName, text } = await studio().call('makeReport', { id, format });
    await saveText(suggestedName, text, types[format]);
  } catch (error) {
    notify.error(error);
  }
}

async function copyReport(id: string): Promise<void> {
  try {
    const { text } = await studio().call('makeReport', { id, format: 'markdown' });
    if (await copyText(text)) notify.success('Copied. Paste it into a model card.');
  } catch (error) {
    notify.error(error);
  }
}

/** Asks, then puts the run's folder away. */
export async function removeRun(id: string, title: string | undefined): Promise<void> {
  const yes = await confirm({
    title: `Remove “${title ?? id}”?`,
    text: 'Its folder moves to measurements/.removed in the workspace; the measured files stay as they are.',
    action: 'Remove run',
    danger: true,
  });
  if (!yes) return;
  try {
    await studio().call('removeRun', { id });
    await loadRuns();
  } catch (error) {
    notify.error(error);
  }
}
