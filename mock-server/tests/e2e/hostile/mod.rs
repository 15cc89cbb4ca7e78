//! Hostile and clumsy clients, as far as it takes neither crowds nor patience; `make abuse` runs the rest.

mod connections;
mod descriptors;
mod exchanges;
mod slow;
