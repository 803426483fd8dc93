//! What a data library of Python has of Polars: work that is done by rayon's global pool.
use rayon::prelude::*;

#[no_mangle]
pub extern "C" fn frame_sum(count: u64) -> u64 {
    (0..count).into_par_iter().sum()
}
