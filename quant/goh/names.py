"""The five Goh levels by name. Standard library only: the web process reads it."""

NAMES = {
    1: "Origin of the great vessels",
    2: "Main carina",
    3: "Pulmonary venous confluence",
    4: "Halfway between 3 and 5",
    5: "1 cm above the right hemidiaphragm",
}
