/** The phone's position, rounded to about a metre. Null where it cannot be had. */
export function position() {
  if (!navigator.geolocation) return Promise.resolve(null);
  const round = (degrees) => Math.round(degrees * 1e5) / 1e5;
  return new Promise((resolve) =>
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ lat: round(coords.latitude), lon: round(coords.longitude) }),
      () => resolve(null),
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 30000 },
    ),
  );
}
