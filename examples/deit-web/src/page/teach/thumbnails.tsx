import { picturesOf, removePicture } from "../state/project.ts";
import { Icon } from "../ui/icon.tsx";
import { PictureCanvas } from "../ui/picture-canvas.tsx";
import { whole } from "../ui/plain.ts";

/** Pictures that a closed card shows: two rows of six. */
const SHOWN = 12;

interface ThumbnailsProps {
  readonly className: string;
  readonly count: number;
  /** Whether all pictures are shown, each with a button that removes it. */
  readonly all: boolean;
  readonly onAll: (all: boolean) => void;
  readonly locked: boolean;
}

/** The newest pictures of a class, or all of them. */
export function Thumbnails({ className, count, all, onAll, locked }: ThumbnailsProps) {
  const pictures = picturesOf.value.get(className) ?? [];
  if (count === 0) return <p class="no-thumbnails">Drop pictures here</p>;
  const shown = all ? pictures : pictures.slice(0, pictures.length > SHOWN ? SHOWN - 1 : SHOWN);
  return (
    <ul class={all ? "thumbnails all" : "thumbnails"}>
      {shown.map((picture, index) => (
        <li key={picture.id}>
          <PictureCanvas picture={picture.thumbnail} />
          {all && !locked && (
            <button
              type="button"
              class="icon-button remove"
              aria-label={`Remove picture ${index + 1} of ${className}`}
              onClick={() => void removePicture(picture)}
            >
              <Icon name="close" />
            </button>
          )}
        </li>
      ))}
      {(all || shown.length < count) && (
        <li>
          <button type="button" class="more" aria-expanded={all} onClick={() => onAll(!all)}>
            {all ? "fewer" : `+${whole(count - shown.length)}`}
            <span class="unseen">
              {all ? ` pictures of ${className}` : ` pictures of ${className}: show all`}
            </span>
          </button>
        </li>
      )}
    </ul>
  );
}
