import { Icon, type IconName } from "./icon.tsx";

interface FileButtonProps {
  readonly icon: IconName;
  readonly label: string;
  /** Said instead of the label by screen readers, where several buttons have the same. */
  readonly spoken?: string;
  readonly onFiles: (files: FileList) => void;
  /** Types of files, as in HTML. Default pictures. */
  readonly accept?: string;
  readonly multiple?: boolean;
  /** Whether a folder is chosen. */
  readonly folder?: boolean;
  readonly disabled?: boolean;
  readonly kind?: "primary" | "quiet";
}

/** A button that chooses files. */
export function FileButton(props: FileButtonProps) {
  const { icon, label, spoken, onFiles, accept = "image/*", multiple = false, folder = false } = props;
  return (
    <label class={`button ${props.kind ?? ""}`} data-disabled={props.disabled ? "" : undefined}>
      <input
        class="unseen"
        type="file"
        aria-label={spoken ?? label}
        accept={accept}
        multiple={multiple}
        {...(folder && { webkitdirectory: true })}
        disabled={props.disabled}
        onChange={({ currentTarget }) => {
          if (currentTarget.files !== null && currentTarget.files.length > 0) onFiles(currentTarget.files);
          currentTarget.value = ""; // the same file can be chosen again
        }}
      />
      <Icon name={icon} />
      <span aria-hidden="true">{label}</span>
    </label>
  );
}
