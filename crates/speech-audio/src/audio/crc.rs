//! The three checksums of the format, all without reflection.
//!
//! By the `crc` crate with 16-lane tables: the encoder depends on it anyway, and it is nine times as fast as the
//! bytewise table that the `ogg` crate uses.

use crc::{Algorithm, CRC_8_SMBUS, CRC_16_UMTS, Crc, Table};

/// Of an Ogg page: polynomial 0x04c11db7, starting from zero (RFC 3533 section 6).
const OGG_PAGE: Algorithm<u32> = Algorithm {
    width: 32,
    poly: 0x04c1_1db7,
    init: 0,
    refin: false,
    refout: false,
    xorout: 0,
    check: 0x89a1_897f,
    residue: 0,
};

pub(super) static PAGE: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&OGG_PAGE);

/// Of a FLAC frame header (RFC 9639 section 9.1.8).
pub(super) static FRAME_HEADER: Crc<u8, Table<1>> = Crc::<u8, Table<1>>::new(&CRC_8_SMBUS);

/// Of a whole FLAC frame (RFC 9639 section 9.3).
pub(super) static FRAME: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_UMTS);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_checksum_of_the_check_string_is_the_published_one() {
        assert_eq!(PAGE.checksum(b"123456789"), OGG_PAGE.check);
    }

    #[test]
    fn the_page_checksum_of_a_page_from_the_field_agrees() {
        // The identification page of a Vorbis file, its checksum field zeroed; from the tests of the `ogg` crate.
        let page = [
            0x4f, 0x67, 0x67, 0x53, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x74, 0xa3,
            0x90, 0x5b, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x1e, 0x01, 0x76, 0x6f, 0x72,
            0x62, 0x69, 0x73, 0x00, 0x00, 0x00, 0x00, 0x02, 0x44, 0xac, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
            0x80, 0xb5, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0xb8, 0x01,
        ];
        assert_eq!(PAGE.checksum(&page), 0x3d4e_946d);
    }
}
