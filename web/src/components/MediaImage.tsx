import type { Media } from "@agent-chat/client/frames";
import { useMemo, useState, type CSSProperties } from "react";

import { useMediaAccess } from "../hooks/useMediaAccess";
import { placeholderOf } from "./placeholder";

interface MediaImageProps {
  readonly media: Media;
  /** How wide it is shown, as the attribute `sizes` says it: by that the browser chooses among variants. */
  readonly sizes: string;
  readonly alt: string;
  /** What is shown of an image that has no variants; its thumbnail if nothing else is said. */
  readonly src?: string;
  readonly testId?: string;
  readonly className?: string;
  readonly style?: CSSProperties;
}

/**
 * An image in the variant that the browser likes best: its placeholder first, in a box that has the image's shape, and
 * no more than that until the room's images may be loaded.
 *
 * `original` is the largest variant, so its size is that of the image.
 */
export function MediaImage({ media, sizes, alt, src, testId, className, style }: MediaImageProps) {
  const { original, thumbnail } = media;
  const placeholder = useMemo(() => placeholderOf(media.hash), [media.hash]);
  const [isLoaded, setLoaded] = useState(false);
  const { isGranted, attempt, onError } = useMediaAccess(thumbnail.url);
  const types = [...new Set(media.variants.map((variant) => variant.content_type))];
  const fallback = types.at(-1);
  return (
    <picture key={attempt}>
      {(isGranted ? types.slice(0, -1) : []).map((type) => (
        <source key={type} type={type} srcSet={srcSetOf(media, type)} sizes={sizes} />
      ))}
      <img
        data-testid={testId}
        className={className}
        alt={isGranted ? alt : ""} // a name without an image would be drawn as a broken one
        src={isGranted ? (src ?? thumbnail.url) : undefined}
        srcSet={isGranted && fallback !== undefined ? srcSetOf(media, fallback) : undefined}
        sizes={sizes}
        width={original.width}
        height={original.height}
        decoding="async"
        onError={onError}
        onLoad={() => {
          setLoaded(true); // it might be seen through what is transparent
        }}
        style={{
          aspectRatio: `${original.width} / ${original.height}`,
          ...(!isLoaded && placeholder !== undefined && { backgroundImage: `url("${placeholder}")`, backgroundSize: "100% 100%" }),
          ...style,
        }}
      />
    </picture>
  );
}

function srcSetOf(media: Media, type: string): string {
  const ofType = media.variants.filter((variant) => variant.content_type === type);
  return ofType.map((variant) => `${variant.url} ${variant.width}w`).join(", ");
}
