//! Sizes of pictures: OpenAI's `1024x1536`, and what providers have in its place.

use core::cmp::Ordering;

/// Width and height, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

/// The longest side that is read.
const LONGEST: u32 = 65_535;

impl Size {
    /// Reads `1024x1536`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (width, height) = text.split_once(['x', 'X', '×'])?;
        let side = |text: &str| text.trim().parse().ok().filter(|side| (1..=LONGEST).contains(side));
        Some(Self { width: side(width)?, height: side(height)? })
    }

    fn ratio(self) -> f64 {
        f64::from(self.width) / f64::from(self.height)
    }

    fn area(self) -> f64 {
        f64::from(self.width) * f64::from(self.height)
    }

    /// Of these sizes, the one that comes closest: in shape first, then in how many pixels it has.
    #[must_use]
    pub fn nearest(self, sizes: &[Self]) -> Option<Self> {
        let key = |size: &Self| (near(size.ratio(), self.ratio()), near(size.area(), self.area()));
        // Sizes of one shape differ in the last digit of their ratios.
        sizes.iter().copied().max_by(|one, other| {
            let (one, other) = (key(one), key(other));
            let shape =
                if (one.0 - other.0).abs() < 0.005 { Ordering::Equal } else { one.0.total_cmp(&other.0) };
            shape.then(one.1.total_cmp(&other.1))
        })
    }
}

/// How near two positive numbers are: 1 where they are one.
fn near(one: f64, other: f64) -> f64 {
    (one / other).min(other / one)
}

/// The shapes that a provider has in the place of sizes.
#[derive(Clone, Copy, Debug)]
pub struct Shapes {
    /// Widths to heights: `3:2`.
    pub ratios: &'static [&'static str],
    /// Names of resolutions, each with the side of a square of it in pixels, the smallest first. Empty: there is one,
    /// which need not be named; its side is `side`.
    pub tiers: &'static [(&'static str, u32)],
    /// The side of a square where no resolution is named.
    pub side: u32,
}

/// One of a provider's shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Width to height.
    pub ratio: &'static str,
    /// The resolution, where there are several.
    pub tier: Option<&'static str>,
    /// It is what was asked for: the same shape, and about as many pixels.
    pub fits: bool,
}

/// Ratios nearer than this are one: 1792x1024 is 16:9.
const SAME_RATIO: f64 = 0.98;

impl Shapes {
    /// The shape that comes closest to a size. `None`: there are no ratios.
    #[must_use]
    pub fn of(&self, size: Size) -> Option<Shape> {
        let wanted = size.ratio();
        let closeness = |ratio: &&&str| parsed(ratio).map_or(0.0, |ratio| near(ratio, wanted));
        let ratio = self.ratios.iter().max_by(|one, other| closeness(one).total_cmp(&closeness(other)))?;
        let square = |side: u32| f64::from(side) * f64::from(side) / size.area();
        // The smallest that is not much too small: 1792x1024 is of 1K, 3840x2160 of 4K.
        let tier = self.tiers.iter().find(|(_, side)| square(*side) > 0.55).or(self.tiers.last());
        let area = square(tier.map_or(self.side, |(_, side)| *side));
        Some(Shape {
            ratio,
            tier: tier.map(|(name, _)| *name),
            fits: closeness(&ratio) > SAME_RATIO && near(area, 1.0) > 0.45,
        })
    }
}

fn parsed(ratio: &str) -> Option<f64> {
    let (width, height) = ratio.split_once(':')?;
    Some(width.parse::<f64>().ok()? / height.parse::<f64>().ok()?)
}

/// The sides that a provider takes.
#[derive(Clone, Copy, Debug)]
pub struct Sides {
    /// The shortest.
    pub min: u32,
    /// The longest.
    pub max: u32,
    /// Every side is a multiple of this.
    pub multiple: u32,
}

impl Sides {
    /// The size that comes closest.
    #[must_use]
    pub fn of(&self, size: Size) -> Size {
        let side = |side: u32| {
            let side = side.clamp(self.min, self.max);
            let up = side.saturating_add(self.multiple / 2);
            let side = up.saturating_sub(up.checked_rem(self.multiple).unwrap_or(0));
            side.clamp(self.min, self.max)
        };
        Size { width: side(size.width), height: side(size.height) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn size(text: &str) -> Size {
        Size::read(text).unwrap()
    }

    const SHAPES: Shapes = Shapes {
        ratios: &["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9", "9:19.5"],
        tiers: &[("1K", 1024), ("2K", 2048), ("4K", 4096)],
        side: 1024,
    };

    #[test]
    fn openais_sizes_have_their_shapes() {
        for (text, ratio, tier, fits) in [
            ("1024x1024", "1:1", "1K", true),
            ("1536x1024", "3:2", "1K", true),
            ("1024x1536", "2:3", "1K", true),
            ("1792x1024", "16:9", "1K", true),
            ("1024x1792", "9:16", "1K", true),
            ("256x256", "1:1", "1K", false),
            ("512x512", "1:1", "1K", false),
            ("2048x2048", "1:1", "2K", true),
            ("3840x2160", "16:9", "4K", true),
            ("3000x1000", "21:9", "2K", false),
            ("900x1950", "9:19.5", "1K", true),
        ] {
            let expected = Some(Shape { ratio, tier: Some(tier), fits });
            assert_eq!(SHAPES.of(size(text)), expected, "{text}");
        }
        let one = Shapes { tiers: &[], ..SHAPES };
        assert_eq!(one.of(size("2048x2048")), Some(Shape { ratio: "1:1", tier: None, fits: false }));
        assert_eq!(Shapes { ratios: &[], ..SHAPES }.of(size("1x1")), None);
    }

    #[test]
    fn sides_are_moved_to_those_that_can_be() {
        let sides = Sides { min: 320, max: 4096, multiple: 16 };
        assert_eq!(sides.of(size("1024x1536")), size("1024x1536"));
        assert_eq!(sides.of(size("256x5000")), size("320x4096"));
        assert_eq!(sides.of(size("1001x1000")), size("1008x1008"));
    }

    #[test]
    fn the_nearest_size_has_the_shape_first() {
        let sizes = ["512x512", "1024x1024", "768x1152", "384x576", "1173x640"].map(size);
        for (asked, found) in [
            ("1024x1024", "1024x1024"),
            ("600x600", "512x512"),
            ("1024x1536", "768x1152"),
            ("16x9", "1173x640"),
        ] {
            assert_eq!(size(asked).nearest(&sizes), Some(size(found)), "{asked}");
        }
        assert_eq!(size("1x1").nearest(&[]), None);
    }

    proptest! {
        #[test]
        fn any_size_is_moved_into_bounds(width in 1_u32..=LONGEST, height in 1_u32..=LONGEST) {
            let sides = Sides { min: 320, max: 4096, multiple: 16 };
            let Size { width, height } = sides.of(Size { width, height });
            for side in [width, height] {
                prop_assert!((320..=4096).contains(&side) && side % 16 == 0);
            }
            let size = Size { width, height };
            prop_assert!(SHAPES.of(size).is_some());
        }

        #[test]
        fn any_other_text_is_no_size(text in "[0-9x ]{0,9}") {
            if let Some(Size { width, height }) = Size::read(&text) {
                prop_assert!((1..=LONGEST).contains(&width) && (1..=LONGEST).contains(&height));
            }
        }
    }
}
