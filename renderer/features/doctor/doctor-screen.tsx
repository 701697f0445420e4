// Doctor: what is wrong with a model file, what can be put right, and what interrupted work left behind.
import { FileSearch, FolderSearch, ScanHeart } from 'lucide-react';
import { useEffect } from 'react';
import { carriesFiles } from '#renderer/stores/dragged-files.ts';
import { goTo, takeHandover, useNavigation } from '#renderer/stores/navigation-store.ts';
import { Button } from '#renderer/ui/button.tsx';
import { EmptyState } from '#renderer/ui/empty-state.tsx';
import { useFileDrop } from '#renderer/ui/use-file-drop.ts';
import { ScreenHeader } from '#renderer/ui/screen-header.tsx';
import { Tabs } from '#renderer/ui/tabs.tsx';
import { useStudio } from '#renderer/stores/studio-store.ts';
import { FileView } from './check/file-view.tsx';
import { CleanPanel } from './clean/clean-panel.tsx';
import css from './doctor.module.css';
import { FolderPanel } from './folder/folder-panel.tsx';
import { useDoctor, type DoctorStore } from './state/doctor-store.ts';
import { useBatch } from './state/run-batch.ts';
import { pickFolderToCheck, pickToCheck, takeDrop, takeFiles } from './state/take-files.ts';

export function DoctorScreen() {
  const { view, run, subject } = useDoctor();
  const lines = useBatch((store) => store.lines.length);
  const handover = useNavigation((store) => store.handover);
  useEffect(() => {
    const taken = takeHandover('doctor');
    if (taken !== undefined) void takeFiles(taken.files.map(({ id }) => id));
  }, [handover]);

  const { dropping, handlers: drop } = useFileDrop(
    carriesFiles,
    (transfer) => void takeDrop(transfer),
  );
  const isEmpty = view === 'file' && run === undefined;
  return (
    <div className={css.screen} {...drop}>
      <ScreenHeader
        crumb={view === 'file' && subject !== undefined ? `Doctor · ${subject.name}` : 'Doctor'}
        actions={
          <>
            <Button
              icon={<FolderSearch aria-hidden="true" />}
              onClick={() => void pickFolderToCheck()}
            >
              Check a folder…
            </Button>
            <Button
              {...(isEmpty || (run !== undefined && run.findings.length > 0)
                ? {}
                : { variant: 'primary' as const })}
              icon={<FileSearch aria-hidden="true" />}
              onClick={() => void pickToCheck()}
            >
              Check a file…
            </Button>
          </>
        }
      />
      <Tabs<DoctorStore['view']>
        label="Doctor"
        value={view}
        onChange={(next) => useDoctor.setState({ view: next })}
        tabs={[
          {
            value: 'file',
            label: 'File',
            content: run === undefined ? <NoFile /> : <FileView run={run} />,
          },
          {
            value: 'folder',
            label: 'Folder',
            count: lines === 0 ? undefined : lines,
            content: <FolderPanel />,
          },
          { value: 'clean', label: 'Clean up', content: <CleanPanel /> },
        ]}
      />
      {dropping && (
        <div className={css.drop} aria-hidden="true">
          <ScanHeart />
          Drop to check
        </div>
      )}
    </div>
  );
}

function NoFile() {
  const desktop = useStudio((store) => store.state?.mode === 'desktop');
  return (
    <EmptyState
      icon={<ScanHeart aria-hidden="true" />}
      title="What is wrong with a file?"
      text={
        <>
          <p>
            {desktop
              ? 'Drop a model file here, or choose one: its structure, values, hashes, metadata, tokenizer and chat template are checked, then it is loaded and asked.'
              : 'Choose a model file: its structure, values, hashes, metadata, tokenizer and chat template are checked, then it is loaded and asked.'}
          </p>
          <p>
            What can be repaired is planned first and written as a new file beside it. The file
            itself is never changed.
          </p>
        </>
      }
      actions={
        <>
          <Button
            variant="primary"
            icon={<FileSearch aria-hidden="true" />}
            onClick={() => void pickToCheck()}
          >
            Check a file…
          </Button>
          <Button onClick={() => goTo('library')}>Choose from the library</Button>
        </>
      }
    />
  );
}
