// A file's chat template: as it is written, and what it makes of a sample conversation.
import { useState } from 'react';
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import { Button } from '#renderer/ui/button.tsx';
import { CopyButton } from '#renderer/ui/copy-button.tsx';
import { EmptyState } from '#renderer/ui/empty-state.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { Skeleton } from '#renderer/ui/skeleton.tsx';
import { Segmented } from '#renderer/ui/tabs.tsx';
import css from './details.module.css';
import { useAsked } from './use-inspection.ts';

export function TemplateTab({ entry }: { entry: LibraryEntry }) {
  const [shown, setShown] = useState<'rendered' | 'source'>('rendered');
  const asked = useAsked(`template:${entry.file.id}:${entry.modified}`, (signal) =>
    studio().call('renderChatTemplate', { file: entry.file.id }, { signal }),
  );
  if (asked.error !== undefined) {
    return (
      <div className={css.pad}>
        <ErrorNotice
          error={asked.error}
          action={<Button onClick={asked.again}>Try again</Button>}
        />
      </div>
    );
  }
  if (asked.value === undefined) return <Skeleton label="Rendering the template" />;
  const { template, rendered, problem } = asked.value;
  if (template === '' && rendered === undefined) {
    return (
      <EmptyState
        title="No chat template"
        text={problem ?? 'The file carries none. In the chat, a plain one is used instead.'}
      />
    );
  }
  const text = shown === 'source' ? template : rendered;
  return (
    <div className={css.fill}>
      <div className={css.tools}>
        <Segmented
          label="What is shown"
          value={shown}
          options={[
            { value: 'rendered', label: 'Rendered' },
            { value: 'source', label: 'Source' },
          ]}
          onChange={setShown}
        />
        <span className={css.space} />
        {text !== undefined && <CopyButton label="Copy text" text={text} />}
      </div>
      {problem !== undefined && (
        <div className={css.pad}>
          <ErrorNotice
            error={{
              message: problem,
              hint: 'The chat uses a plain template instead, and says so.',
            }}
          />
        </div>
      )}
      {text !== undefined && (
        <pre
          className={css.template}
          tabIndex={0}
          aria-label={shown === 'source' ? 'Template' : 'A sample conversation, rendered'}
        >
          {text}
        </pre>
      )}
    </div>
  );
}
